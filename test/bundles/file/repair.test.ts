import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { blobPath } from '../../../bundles/format/names.ts'
import type { Blob } from '../../../bundles/format/parts.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { type RepairOptions, repairBundle } from '../../../bundles/repair/repair.ts'
import { writeBundle } from '../../../bundles/write/write.ts'
import { sha256 } from '../../../lib/hash.ts'
import { type Change, flip } from '../damage.ts'
import { fakeBytes, fixedKey, key, otherLayout, smallBundle, smallLayout, smallVolumes, temporary } from '../small.ts'

const signal = new AbortController().signal
const options: RepairOptions = {
  key: key.publicKey,
  jobs: 2,
  dryRun: false,
  further: async () => new Map(),
  onBytes: () => {},
  signal,
}
const check = { jobs: 2, onProgress: () => {}, signal }
const goodPath = await smallBundle('good.tar')
const good = readFileSync(goodPath)
const cut = await smallVolumes('cut.tar', 500_000)
const largest = blobPath(`sha256:${sha256(fakeBytes(2_500_000, 9))}`)
const at = (name: string) => good.indexOf(`${name}\0`)

/** A copy of the good bundle, changed. */
function copyOf(name: string, change: Change): string {
  const path = join(temporary, name)
  writeFileSync(path, change(Buffer.from(good)))
  return path
}

test('a disk that fails at the first byte is said to, and is no defect of redoubt', async () => {
  // Nobody has byte 0 of it (proc(5)).
  const failing = '/proc/self/mem'
  await assert.rejects(verifyBundle(failing, key.publicKey, check), { code: 'integrity', where: failing })
  await assert.rejects(repairBundle(failing, [goodPath], { ...options, dryRun: true }), {
    code: 'usage',
    message: /too little/,
  })
})

const damages: { name: string; change: Change }[] = [
  { name: 'nothing', change: (data) => data },
  { name: 'a blob', change: flip(at(largest) + 512 + 77) },
  { name: 'the executable', change: flip(513) },
  { name: 'its signature', change: flip(at('redoubt.sig') + 512) },
  { name: 'the statement', change: flip(at('bundle/statement.json') + 600) },
  { name: 'the contents', change: flip(at('bundle/contents.json') + 600) },
  { name: 'the lock', change: flip(at('bundle/redoubt.lock.yaml') + 600) },
  { name: 'a header', change: flip(at('oci-layout') + 3) },
  { name: 'padding', change: flip(at('oci-layout') + 512 + 100) },
  { name: 'the end', change: flip(good.length - 1) },
  { name: 'truncated in a blob', change: (data) => data.subarray(0, at(largest) + 1000) },
  { name: 'truncated to its head', change: (data) => data.subarray(0, at('oci-layout')) },
  { name: 'more behind the end', change: (data) => Buffer.concat([data, Buffer.alloc(1000, 'x')]) },
  {
    name: 'bytes put in between',
    change: (data) =>
      Buffer.concat([data.subarray(0, at('index.json')), Buffer.alloc(512, 'x'), data.subarray(at('index.json'))]),
  },
  {
    name: 'a stretch of zeros',
    change: (data) => data.fill(0, at('bundle/contents.json') - 100, at('oci-layout') + 3000),
  },
]

for (const { name, change } of damages)
  test(`${name}: mended from a whole copy, to the byte`, async () => {
    const path = copyOf('damaged.tar', change)
    const { parts, lost } = await repairBundle(path, [goodPath], options)
    assert.ok(readFileSync(path).equals(good))
    assert.deepEqual(lost, [])
    assert.equal(parts.length > 0, name !== 'nothing')
  })

test('only what is damaged is read from the other copy, which is damaged elsewhere itself', async () => {
  const path = copyOf('mine.tar', flip(at(largest) + 600))
  const other = copyOf('theirs.tar', flip(600, at('bundle/contents.json') + 600, good.length - 3000))
  const { parts } = await repairBundle(path, [other], options)
  assert.deepEqual(parts, [{ path: largest, size: 2_500_000, of: 'an image of redoubt’s own', from: other }])
  assert.ok(readFileSync(path).equals(good))
})

test('damaged in every copy: named, the rest is mended, a further copy does the rest', async () => {
  const path = copyOf('mine.tar', flip(600, at(largest) + 600))
  const other = copyOf('theirs.tar', flip(at(largest) + 700))
  const { parts, lost } = await repairBundle(path, [other], { ...options, dryRun: true })
  assert.deepEqual([parts.length, lost.map((part) => part.path)], [1, [largest]])
  assert.ok(!readFileSync(path).equals(good), 'a dry run writes nothing')
  assert.deepEqual((await repairBundle(path, [other], options)).lost.length, 1)
  await assert.rejects(verifyBundle(path, key.publicKey, check), { message: /is damaged/ })
  assert.equal((await repairBundle(path, [other, goodPath], options)).parts.length, 1)
  assert.ok(readFileSync(path).equals(good))
})

test('what no copy has is taken from elsewhere, asked for only then', async () => {
  const path = copyOf('mine.tar', flip(at(largest) + 600))
  let asked = 0
  const further = async () => {
    asked++
    const { blobs } = await smallLayout()
    return new Map<string, Blob>(blobs.map((blob) => [blob.digest.replace('sha256:', ''), blob]))
  }
  const { parts } = await repairBundle(path, [], { ...options, further })
  assert.equal(parts[0]?.from, 'the cache')
  assert.ok(readFileSync(path).equals(good))
  await repairBundle(path, [], { ...options, further })
  assert.equal(asked, 1)
})

test('a stop in the middle leaves what verify refuses and the next run finishes', async () => {
  const path = copyOf('stopped.tar', (data) => data.fill(0, at('bundle/statement.json') + 512, at(largest) + 2_000_000))
  const half = copyOf('half.tar', (data) => data)
  const stop = new AbortController()
  let written = 0
  const onBytes = (count: number) => {
    written += count
    if (count === 1 << 20) stop.abort()
  }
  await assert.rejects(repairBundle(path, [half], { ...options, onBytes, signal: stop.signal }), {
    code: 'interrupted',
  })
  assert.ok(written > 0)
  await assert.rejects(verifyBundle(path, key.publicKey, check), { code: 'integrity' })
  await repairBundle(path, [half], options)
  assert.ok(readFileSync(path).equals(good))
})

test('another bundle that has the same blob helps too, and is never written over this one', async () => {
  const other = join(temporary, 'other.tar')
  // By the same key with the same blobs, at other offsets.
  await writeBundle(other, await otherLayout('0.2.0-longer', { files: [] }), () => {}, signal)
  const path = copyOf('mine.tar', flip(at(largest) + 600))
  await repairBundle(path, [other], options)
  assert.ok(readFileSync(path).equals(good))
  const headless = copyOf('headless.tar', flip(at('bundle/statement.json') + 600, at('index.json') + 600))
  const before = readFileSync(headless)
  await assert.rejects(repairBundle(headless, [other], options), {
    code: 'usage',
    message: /is of another bundle than lab 0.2.0-longer/,
  })
  assert.ok(readFileSync(headless).equals(before))
})

const refusals: { name: string; damaged: Change; other: Change; error: object }[] = [
  {
    name: 'no head anywhere',
    damaged: flip(at('bundle/statement.json') + 600),
    other: flip(at('bundle/contents.json') + 600),
    error: { code: 'integrity', message: /no copy has a statement/ },
  },
  {
    name: 'a file that is something else',
    damaged: () => Buffer.alloc(100_000, 'letters '),
    other: (data) => data,
    error: { code: 'usage', message: /too little of lab 0.1.0 left/ },
  },
]
for (const { name, damaged, other, error } of refusals)
  test(`${name}: refused, untouched`, async () => {
    const path = copyOf('refused.tar', damaged)
    const before = readFileSync(path)
    await assert.rejects(repairBundle(path, [copyOf('with.tar', other)], options), error)
    assert.ok(readFileSync(path).equals(before))
  })

test('another key mends nothing', async () => {
  const path = copyOf('key.tar', flip(600))
  await assert.rejects(repairBundle(path, [goodPath], { ...options, key: fixedKey(8).publicKey }), {
    code: 'integrity',
  })
})

test('a file is mended from volumes', async () => {
  const path = copyOf('whole.tar', flip(600, at('bundle/statement.json') + 600, at(largest) + 600))
  await repairBundle(path, [cut[3] as string], options)
  assert.ok(readFileSync(path).equals(good))
})

test('of a file that is too short, its length is mended; no bytes of it are counted', async () => {
  const path = copyOf('short.tar', (data) => data.subarray(0, good.length - 100))
  const { parts } = await repairBundle(path, [goodPath], options)
  assert.deepEqual(parts[0], { path, size: 0, from: 'its length is signed' })
})

test('the command: what was mended from where; exit 4 when something is lost', () => {
  const main = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/main.ts')
  const publicKey = join(temporary, 'bundle.pub')
  writeFileSync(publicKey, key.publicPem)
  const path = copyOf('command.tar', flip(at(largest) + 600))
  const other = copyOf('copy.tar', flip(at(largest) + 700))
  const redoubt = (...args: string[]) =>
    spawnSync(process.execPath, [main, 'bundle', 'repair', path, '--key', publicKey, ...args], {
      cwd: temporary,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    })
  assert.equal(redoubt().status, 2)
  const lost = redoubt('--from', other)
  assert.equal(lost.status, 4, lost.stderr)
  assert.match(lost.stdout, /blobs\/sha256\/\w+ +2.5 MB +no copy has it +an image of redoubt’s own/)
  const dry = redoubt('--from', other, '--from', goodPath, '--dry-run', '-o', 'json')
  assert.equal(JSON.parse(dry.stdout).parts[0].from, goodPath)
  const mended = redoubt('--from', other, '--from', goodPath)
  assert.equal(mended.status, 0, mended.stderr)
  assert.match(mended.stderr, /1 parts? mended, 2.5 MB[\s\S]*all as signed/)
  assert.match(redoubt('--from', other).stderr, /nothing is damaged/)
  assert.ok(existsSync(path) && readdirSync(temporary).every((name) => !name.endsWith('.tmp')))
})

test.run()
