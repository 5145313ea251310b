// Damage is named by whose it is.
import * as assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { ownerOf } from '../../../bundles/read/owner.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { readHead } from '../../../bundles/read.ts'
import { repairBundle } from '../../../bundles/repair/repair.ts'
import { writeBundle } from '../../../bundles/write/write.ts'
import { digestOf } from '../../../lib/hash.ts'
import { key, otherLayout, partsLayout, refusal, smallBundle, smallLayout, temporary } from '../small.ts'

const options = { jobs: 1, onProgress: () => {}, signal: new AbortController().signal }

/** What verify says of a bundle with a changed byte in this blob. */
async function saidOf(path: string, digest: string): Promise<string | undefined> {
  const head = await readHead(path, key.publicKey)
  await head.archive.file.close()
  const entry = head.contents.find((one) => one.path.endsWith(digest.slice(7)))
  assert.ok(entry)
  const data = readFileSync(path)
  data.writeUInt8((data[entry.offset] ?? 0) ^ 1, entry.offset)
  const damaged = join(temporary, 'damaged.tar')
  writeFileSync(damaged, data)
  return (await refusal(verifyBundle(damaged, key.publicKey, options)))?.message.replace(/.*\(bytes \d+ to \d+\)/, '')
}

test('a blob of which the lock says whose it is: of all who have it', async () => {
  const path = join(temporary, 'whose.tar')
  const extra = Buffer.from('more')
  await writeBundle(path, await partsLayout('readme', '0.1.0', { extra }), () => {}, options.signal)
  const { images } = await smallLayout()
  assert.equal(await saidOf(path, images.etcd?.layer.digest ?? ''), ', of image redoubt.dev/etcd:v1.0.0-b1')
  assert.equal(await saidOf(path, digestOf(extra)), ', of file extra')
  assert.equal(
    await saidOf(path, digestOf(Buffer.from('read me\n'))),
    ', of package tool 1:2.0-1, chart web 1.0.0, file readme',
  )
})

test('of redoubt’s own images the lock has the manifests', async () => {
  const path = await smallBundle('own.tar')
  const { images, lock } = await smallLayout()
  assert.equal(await saidOf(path, images.etcd?.manifest.digest ?? ''), ', of image redoubt.dev/etcd:v1.0.0-b1')
  assert.equal(await saidOf(path, images.etcd?.layer.digest ?? ''), ', of an image of redoubt’s own')
  assert.equal(ownerOf(lock, lock.components.kubelet?.binary.digest ?? ''), 'program kubelet')
  assert.equal(ownerOf({ ...lock, kubernetes: undefined, components: {} }, digestOf(Buffer.from('unknown'))), undefined)
})

test('damage is damage, and is mended, where this redoubt does not read the lock of another', async () => {
  const path = join(temporary, 'newer.tar')
  const further = [{ name: 'more', digest: digestOf(Buffer.from('more')), size: 4, since: 'tomorrow' }]
  await writeBundle(path, await otherLayout('0.2.0', { files: further }), () => {}, options.signal)
  const head = await readHead(path, key.publicKey)
  await head.archive.file.close()
  assert.throws(() => head.lock, { code: 'usage', message: /unknown field/ })
  const good = readFileSync(path)
  const { images } = await smallLayout()
  assert.equal(await saidOf(path, images.etcd?.layer.digest ?? ''), '')
  const damaged = join(temporary, 'damaged.tar')
  const given = { ...options, key: key.publicKey, dryRun: false, further: async () => new Map(), onBytes: () => {} }
  const { parts } = await repairBundle(damaged, [path], given)
  assert.deepEqual([parts.length, parts[0]?.of], [1, undefined])
  assert.ok(readFileSync(damaged).equals(good))
})

test.run()
