// Layers go straight into the bundle while they come: into the cache too, or there alone. The bytes are the same every way.

import * as assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { type BuildOptions, buildBundle } from '../../../bundles/build.ts'
import { cachedPath, openCache } from '../../../bundles/cache.ts'
import { readInventory } from '../../../bundles/delta/inventory.ts'
import { requireRoom } from '../../../bundles/plan/room.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { mediaTypes } from '../../../bundles/registry/manifest.ts'
import { digestOf, sha256 } from '../../../lib/hash.ts'
import { buildOptions, workspaceOf } from '../making.ts'
import { type Answer, imageOf, serveFake } from '../registry/fake.ts'
import { answersOf, emptyContent, putBlob, putManifest } from '../registry/store.ts'
import { fakeBytes, key } from '../small.ts'

const temporary = mkdtempSync(join(tmpdir(), 'redoubt-fill-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

const first = fakeBytes(700_000, 1)
const second = fakeBytes(300_001, 2)
const layers = [first, second, Buffer.alloc(0)]
const content = emptyContent()
for (const [index, layer] of layers.entries()) {
  const image = imageOf(layer)
  putBlob(content, layer, 'x')
  putBlob(content, image.config, 'x')
  putManifest(content, image.manifest, mediaTypes.ociManifest, `${index}`)
}
const honest = answersOf(content)
/** What the next request for the first layer gets, once. */
let instead: Answer | undefined
const fake = await serveFake((asked, response, body) => {
  const answer = asked.path.endsWith(digestOf(first)) && instead ? instead : honest
  if (answer === instead) instead = undefined
  return answer(asked, response, body)
})
const workspace = workspaceOf(
  fake.host,
  `  version: 1.0.0\n  images: [${layers.map((_, index) => `'${fake.host}/team/app:${index}'`).join(', ')}]\n`,
)
const target = join(workspace, 'tools-1.0.0.tar')

/** Builds with the cache of this name; returns the bundle's digest, and how often a layer or config was asked for. */
async function build(cache: string, more: Partial<BuildOptions> = {}) {
  const before = fake.asked.length
  await buildBundle(await buildOptions(workspace, { cache: await openCache(join(temporary, cache)), target, ...more }))
  const asked = fake.asked.slice(before).filter(({ path }) => path.includes('/blobs/')).length
  return { sha256: sha256(readFileSync(more.target ?? target)), asked }
}

const cached = (cache: string, bytes: Uint8Array) => cachedPath({ root: join(temporary, cache) }, digestOf(bytes))
const expected = await build('first')

test('at any number of jobs, cold and warm, with and without the cache: the same bytes, each blob fetched once', async () => {
  // Two layers with something in them, one config for all.
  assert.equal(expected.asked, 3)
  await verifyBundle(target, key.publicKey, { jobs: 1, onProgress: () => {}, signal: new AbortController().signal })
  assert.deepEqual(await build('first'), { ...expected, asked: 0 })
  for (const jobs of [1, 4, 16])
    for (const noCache of [true, false])
      assert.deepEqual(await build(`${jobs} ${noCache}`, { jobs, noCache }), expected)
})

test('without the cache a layer is in the bundle alone; what the cache has is not fetched', async () => {
  await build('bare', { noCache: true })
  assert.throws(() => readFileSync(cached('bare', first)), /ENOENT/)
  assert.deepEqual(readdirSync(join(temporary, 'bare/partial')), [])
  assert.ok(readFileSync(cached('first', first)).equals(first))
  assert.deepEqual(await build('first', { noCache: true }), { ...expected, asked: 0 })
})

const breaking: Answer = ({ path }, response) => {
  const bytes = content.blobs.get(path.replace(/^.*\//, '')) ?? Buffer.alloc(0)
  response.writeHead(200, { 'content-length': bytes.length })
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
}
const lying: Answer = ({ path }, response) => {
  response.end(Buffer.alloc(content.blobs.get(path.replace(/^.*\//, ''))?.length ?? 0, 'x'))
}
for (const [what, answer] of Object.entries({ 'breaks off': breaking, 'gives other bytes': lying }))
  test(`a registry that ${what} once: asked again, and the bundle is the same`, async () => {
    for (const noCache of [true, false]) {
      instead = answer
      const built = await build(`${what} ${noCache}`, { noCache, jobs: 1 })
      assert.equal(instead, undefined)
      assert.deepEqual(built, { ...expected, asked: expected.asked + 1 })
    }
  })

test('what an earlier run began goes on, and its beginning is in the bundle too', async () => {
  await openCache(join(temporary, 'begun'))
  const name = `${digestOf(first).slice(7)}.999999999.00000000.tmp`
  writeFileSync(join(temporary, 'begun/partial', name), first.subarray(0, 500_000))
  const before = fake.asked.length
  assert.deepEqual(await build('begun'), expected)
  const ranges = fake.asked.slice(before).flatMap(({ headers }) => headers.range ?? [])
  assert.deepEqual(ranges, ['bytes=500000-'])
})

test('a damaged blob of the cache is found, and comes again', async () => {
  await build('damaged')
  writeFileSync(cached('damaged', second), Buffer.alloc(second.length, 'y'))
  assert.deepEqual(await build('damaged'), { ...expected, asked: 1 })
  assert.ok(readFileSync(cached('damaged', second)).equals(second))
})

test('a delta fetches only what it carries', async () => {
  const base = await readInventory(target)
  const less = new Set([...base.blobs].filter((hex) => hex !== sha256(second)))
  const delta = join(temporary, 'tools-1.0.0.delta.tar')
  const { asked } = await build('delta', { target: delta, base: { ...base, blobs: less } })
  // The config too: it says what an image is made for.
  assert.equal(asked, 2)
  assert.throws(() => readFileSync(cached('delta', first)), /ENOENT/)
})

test('what a killed build left is cleared before it is said that there is no room', async () => {
  const cache = await openCache(join(temporary, 'first'))
  const left = `${target}.999999999.00000000.tmp`
  writeFileSync(left, 'half a bundle')
  await requireRoom({ cache, target, base: undefined, pins: undefined, images: [], charts: [], noCache: false })
  assert.ok(!existsSync(left))
})

test('nothing is left of a build that fails while layers come', async () => {
  rmSync(target)
  const gone = content.blobs.get(digestOf(second)) as Buffer
  content.blobs.delete(digestOf(second))
  await assert.rejects(build('failing', { noCache: true }), /404/)
  content.blobs.set(digestOf(second), gone)
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('tools-1.0.0.tar')),
    [],
  )
  await fake.close()
})

test.run()
