import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { writeVolumes } from '../../../bundles/write/volumes.ts'
import { writeBundle } from '../../../bundles/write/write.ts'
import { lockText } from '../../../cluster/lock.ts'
import { fixedKey, key, partsLayout, smallBundle, smallLayout, temporary } from '../small.ts'

const main = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/main.ts')
const signal = new AbortController().signal

function diff(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'bundle', 'diff', ...args], {
    cwd: temporary,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  return { status, stdout, stderr }
}

const [before = ''] = await writeBundle(join(temporary, 'a.tar'), await partsLayout('old'), () => {}, signal)
const grown = await partsLayout('new', '0.2.0', { extra: Buffer.alloc(5000, 'x') })
const [after = ''] = await writeBundle(join(temporary, 'b.tar'), grown, () => {}, signal)
const publicKey = join(temporary, 'right.pub')
writeFileSync(publicKey, key.publicPem)

test('what was added and removed, by kind, and the blobs that are new', () => {
  const { status, stdout, stderr } = diff(before, after, '--key', publicKey)
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^CHANGE +KIND +NAME +BEFORE +AFTER/)
  assert.match(stdout, /^removed +file +old +[0-9a-f]{12} +-$/m)
  assert.match(stdout, /^added +file +extra +- +[0-9a-f]{12}$/m)
  assert.match(stderr, /3 differences\n1 blob, 5(\.0 kB|000 B), are in the second alone/)
  assert.ok(!stderr.includes('no signature'))
})

test('as JSON, the other way round, unchecked', () => {
  const { stdout, stderr } = diff(after, before, '-o', 'json')
  const { differences, blobs, signaturesChecked, before: first } = JSON.parse(stdout)
  assert.deepEqual(
    differences.map((entry: Record<string, string>) => `${entry.change} ${entry.kind} ${entry.what}`),
    ['removed file new', 'removed file extra', 'added file old'],
  )
  assert.deepEqual([differences[0].after, differences[2].before], [null, null])
  assert.match(differences[2].after, /^[0-9a-f]{12}$/)
  assert.deepEqual(blobs, { count: 0, size: 0 })
  assert.deepEqual([signaturesChecked, first.version], [false, '0.2.0'])
  assert.match(stderr, /no signature was checked/)
})

test('volumes, of which the first is enough', async () => {
  const options = { volumeSize: 14_336, key: key.privateKey, name: 'lab', version: '0.2.0' }
  const [first = ''] = await writeVolumes(join(temporary, 'cut.tar'), grown, options, () => {}, signal)
  assert.match(diff(after, first).stderr, /the same parts\n0 blobs/)
})

test('a lock on either side: no blobs are counted', async () => {
  const path = await smallBundle('c.tar')
  const { lock } = await smallLayout()
  const moved = { ...lock, packages: lock.packages.map((one) => ({ ...one, version: '9.9' })) }
  const file = join(temporary, 'other.lock.yaml')
  writeFileSync(file, lockText(moved))
  const { status, stdout, stderr } = diff(file, path)
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^changed +package +\S+ +9\.9 +\S+$/m)
  assert.match(stderr, /a lock does not name the layers/)
  assert.equal(JSON.parse(diff(path, file, '-o', 'json').stdout).blobs, null)
})

test('another key is refused', () => {
  const wrong = join(temporary, 'wrong.pub')
  writeFileSync(wrong, fixedKey(9).publicPem)
  assert.equal(diff(before, after, '--key', wrong).status, 4)
})

test.run()
