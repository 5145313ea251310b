import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { test } from 'uvu'
import { blobPath } from '../../../bundles/format/names.ts'
import { openBundle } from '../../../bundles/read.ts'
import { imageReference } from '../../../cluster/lock.ts'
import { sha256 } from '../../../lib/hash.ts'
import { fixedKey, key, smallBundle, smallLayout, temporary } from '../small.ts'

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

test('gives name, version, lock and every blob', async () => {
  const bundle = await openBundle(await smallBundle('read.tar'), key.publicPem)
  const { blobs, lock } = await smallLayout()
  assert.equal(`${bundle.name} ${bundle.version}`, 'lab 0.1.0')
  assert.deepEqual(bundle.lock, lock)
  for (const blob of blobs) assert.equal(`sha256:${sha256(await collect(bundle.blob(blob.digest)))}`, blob.digest)
  await bundle.close()
})

test('an archive of one image holds just its blobs, under both names, and is as long as it says', async () => {
  const bundle = await openBundle(await smallBundle('images.tar'), key.publicPem)
  const { images } = await smallLayout()
  const reference = imageReference(bundle.lock, 'etcd')
  const { size, stream } = await bundle.imageArchive([reference, reference])
  const data = await collect(stream)
  await bundle.close()
  assert.equal(data.length, size)
  const path = join(temporary, 'etcd.tar')
  writeFileSync(path, data)
  const etcd = images.etcd
  assert.ok(etcd)
  const names = execFileSync('tar', ['-tf', path], { encoding: 'utf8' }).trim().split('\n')
  const expected = [etcd.manifest, etcd.config, etcd.layer].map((blob) => blobPath(blob.digest))
  assert.deepEqual(names, ['oci-layout', 'index.json', ...expected])
  const index = JSON.parse(execFileSync('tar', ['-xOf', path, 'index.json'], { encoding: 'utf8' }))
  assert.deepEqual(
    index.manifests.map(
      (entry: { annotations: Record<string, string> }) => entry.annotations['io.containerd.image.name'],
    ),
    ['redoubt.dev/etcd:v1.0.0-b1', reference],
  )
})

test('an image that the bundle does not hold is named', async () => {
  const bundle = await openBundle(await smallBundle('missing.tar'), key.publicPem)
  await assert.rejects(bundle.imageArchive(['redoubt.dev/x@sha256:00']), /holds no image redoubt.dev\/x@sha256:00/)
  assert.throws(() => bundle.blob(`sha256:${'0'.repeat(64)}`), /holds no blob/)
  await bundle.close()
})

test('another key, or no public key, opens nothing', async () => {
  const path = await smallBundle('key.tar')
  await assert.rejects(openBundle(path, fixedKey(8).publicPem), {
    code: 'integrity',
    message: /not signed by this key/,
  })
  await assert.rejects(openBundle(path, 'nonsense'), { code: 'usage', message: /does not hold an Ed25519 public key/ })
  const secret = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await assert.rejects(openBundle(path, secret), { code: 'usage', message: /is a private key/ })
})

test('a blob that changes under an open bundle fails at the end of its stream', async () => {
  const path = await smallBundle('changing.tar')
  const { blobs } = await smallLayout()
  const bundle = await openBundle(path, key.publicPem)
  const target = blobs.find((blob) => blob.size > 1_000_000)
  assert.ok(target)
  const at = readFileSync(path).indexOf(blobPath(target.digest), 100_000) + 512 + 1_234_567
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.from([1, 2, 3]), 0, 3, at)
  await assert.rejects(collect(bundle.blob(target.digest)), { code: 'integrity', message: /is damaged/ })
  await bundle.close()
})

test('a named pipe is refused, not waited for', async () => {
  const path = join(temporary, 'pipe')
  execFileSync('mkfifo', [path])
  await assert.rejects(openBundle(path, key.publicPem), { code: 'usage', message: 'is no regular file', where: path })
})

test.run()
