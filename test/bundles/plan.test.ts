// A plan says to the byte what a build then fetches and writes, and a build that cannot end is refused before it begins.

import * as assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { buildBundle } from '../../bundles/build.ts'
import { adopt, cachedPath, remember } from '../../bundles/cache.ts'
import { catalogFor } from '../../bundles/catalog.ts'
import { readInventory } from '../../bundles/delta/inventory.ts'
import { mergeDelta } from '../../bundles/delta/merge.ts'
import { openDelta } from '../../bundles/delta/open.ts'
import { planPrograms } from '../../bundles/plan/parts.ts'
import { planBundle } from '../../bundles/plan/plan.ts'
import { produce } from '../../bundles/produce/produce.ts'
import { planBuild } from '../../bundles/produce/programs.ts'
import { goStep, readWrapper } from '../../bundles/sources/go.ts'
import type { Lock } from '../../cluster/lock.ts'
import type { RedoubtError } from '../../lib/errors.ts'
import { createEvents, type Event } from '../../lib/events.ts'
import { sha256 } from '../../lib/hash.ts'
import { buildOptions, workspaceOf } from './making.ts'
import { imageOf, serveFake } from './registry/fake.ts'
import { fakeBytes, key, refusal } from './small.ts'

const image = imageOf(fakeBytes(70_000, 3))
const release = fakeBytes(5000, 4)
const blobs = new Map([image.layer, image.config, image.manifest].map((bytes) => [`sha256:${sha256(bytes)}`, bytes]))
const registry = await serveFake(({ path, method }, response) => {
  if (path === '/tool')
    return void response.setHeader('content-length', release.length).end(method === 'HEAD' ? '' : release)
  const digest = path.split('/').at(-1) ?? ''
  const body = path.endsWith('/manifests/1') ? image.manifest : blobs.get(digest)
  if (!body) return void response.writeHead(404).end()
  response.setHeader('content-type', 'application/vnd.oci.image.manifest.v1+json').end(body)
})
const { host, asked } = registry

/** What a build of one image, one release and one file needs, in a workspace of its own. */
async function options(pins?: Lock) {
  const workspace = workspaceOf(
    host,
    `  images: ['${host}/team/app:1']
  releases: [{url: 'http://${host}/tool', sha256: ${sha256(release)}}]
  files: [{name: notes, path: notes.txt}]
`,
  )
  writeFileSync(join(workspace, 'notes.txt'), 'notes')
  return await buildOptions(workspace, { pins })
}

const costs = (parts: readonly { kind: string; todo: string; fetch: number | null }[]) =>
  parts.map(({ kind, todo, fetch }) => `${kind} ${todo} ${fetch}`)

test('with no lock: images and releases to the byte, the bundle at least; no layer is asked for', async () => {
  const plan = await planBundle(await options())
  // The config says what the image is made for: it was read.
  const rest = image.layer.length
  assert.deepEqual(costs(plan.parts), [`image fetch ${rest}`, `release fetch ${release.length}`, 'file read 0'])
  assert.deepEqual(plan.fetch, { bytes: rest + release.length, exact: true })
  assert.equal(plan.bundle.exact, false)
  const blobsAsked = asked.flatMap(({ path }) => /\/blobs\/(.*)/.exec(path)?.[1] ?? [])
  assert.deepEqual(blobsAsked, [`sha256:${sha256(image.config)}`])
})

test('what is compiled already counts, also with no lock', async () => {
  const all = catalogFor('v1.36.3', 'routes')
  const catalog = { ...all, modules: { coredns: all.modules.coredns ?? assert.fail() } }
  const source = { kind: 'go', modules: readWrapper(catalog, 'coredns').digest, toolchain: 'go1.26.0' }
  const given = { ...(await options()), catalog, pins: { components: { coredns: { source } } } as unknown as Lock }
  const [before] = await planPrograms(given)
  assert.deepEqual([before?.todo, before?.blobs], ['compile', []])
  writeFileSync(join(given.workspace, 'coredns'), 'compiled')
  const program = await adopt(given.cache, join(given.workspace, 'coredns'))
  await remember(given.cache, goStep(await planBuild(given, 'coredns')), { coredns: program })
  const [after] = await planPrograms(given)
  assert.deepEqual([after?.todo, after?.blobs], ['nothing', [program]])
})

test('with a lock: what is fetched, then nothing; the bundle’s size is that of the bundle', async () => {
  const { lock, size } = await buildBundle(await options())
  const fresh = await options(lock)
  asked.length = 0
  const cold = await planBundle(fresh)
  assert.equal(asked.length, 0)
  const all = image.layer.length + image.config.length + image.manifest.length + release.length
  assert.deepEqual(cold.fetch, { bytes: all, exact: true })
  assert.deepEqual(cold.bundle, { bytes: size, exact: true })
  const needed = cold.disks.reduce((sum, disk) => sum + disk.needed, 0)
  assert.equal(needed, all + size)
  await buildBundle(fresh)
  assert.equal(statSync(fresh.target).size, size)
  const warm = await planBundle(fresh)
  assert.deepEqual(costs(warm.parts), ['image nothing 0', 'release nothing 0', 'file read 0'])
  assert.deepEqual(warm.bundle, cold.bundle)
  rmSync(cachedPath(fresh.cache, `sha256:${sha256(image.layer)}`))
  assert.deepEqual((await planBundle(fresh)).fetch, { bytes: image.layer.length, exact: true })
})

const wrong: { name: string; fields?: string; change?: (workspace: string) => void; message: RegExp; where: RegExp }[] =
  [
    {
      name: 'a file that is not there',
      change: (workspace) => rmSync(join(workspace, 'notes.txt')),
      message: /notes.txt: no such file/,
      where: /^redoubt.yaml:8:\d+$/,
    },
    {
      name: 'a file that changed',
      change: (workspace) => writeFileSync(join(workspace, 'notes.txt'), 'other'),
      message: /file notes: pinned [0-9a-f]{12}, built/,
      where: /lock/,
    },
    { name: 'an image', fields: `  images: ['${host}/team/app:2']\n`, message: /pins no .*app:2/, where: /:6:\d+$/ },
    {
      name: 'a chart',
      fields: `  charts: [{repository: 'http://${host}', name: web, version: 1.0.0}]\n`,
      message: /pins no web 1.0.0/,
      where: /:6:\d+$/,
    },
    {
      name: 'a manifest',
      fields: '  manifests: [apps/a.yaml]\n',
      message: /manifest apps\/a.yaml: pinned -/,
      where: /lock/,
    },
    {
      name: 'a manifest of a URL',
      fields: `  manifests: ['http://${host}/tool']\n`,
      message: /pins no http/,
      where: /:6:\d+$/,
    },
    {
      name: 'a release',
      fields: `  releases: [{url: 'http://${host}/tool2', sha256: ${sha256(release)}}]\n`,
      message: /pins no release tool2/,
      where: /:6:\d+$/,
    },
  ]
for (const { name, fields, change, message, where } of wrong)
  test(`what the lock does not pin, or is not there: a plan says it as the build does: ${name}`, async () => {
    const { lock } = await buildBundle(await options())
    const given = await options(lock)
    writeFileSync(join(given.workspace, 'apps/a.yaml'), 'kind: ConfigMap\n')
    change?.(given.workspace)
    const spec = fields ? (await buildOptions(workspaceOf(host, fields))).spec : given.spec
    const planned = await refusal(planBundle({ ...given, spec }))
    const built = await refusal(buildBundle({ ...given, spec }))
    assert.match(planned?.message ?? '', message)
    assert.match(planned?.where ?? '', where)
    const saidOf = (error?: RedoubtError) => [error?.message, error?.where, error?.hint]
    assert.deepEqual(saidOf(planned), saidOf(built))
  })

test('with no lock, too, a plan says what is not there', async () => {
  const given = await options()
  rmSync(join(given.workspace, 'notes.txt'))
  assert.match((await refusal(planBundle(given)))?.message ?? '', /notes.txt: no such file/)
})

test('a bundle that is being built is not built a second time beside it', async () => {
  const given = await options()
  const second: Promise<unknown>[] = []
  await buildBundle({
    ...given,
    withExecutable: async (work) => {
      const other = buildBundle({ ...given, volumeSize: 90_000 })
      second.push(refusal(other))
      await second[0]
      return await work(join(given.workspace, 'redoubt'))
    },
  })
  const refused = (await second[0]) as RedoubtError
  assert.match(refused.message, /process \d+ is at work here/)
  assert.equal(refused.where, `${given.target}.lock`)
  const bundles = readdirSync(given.workspace).filter((name) => name.startsWith('tools-'))
  assert.deepEqual(bundles, ['tools-0.1.0.tar'])
})

test('a plan refuses volumes as the build does', async () => {
  const { lock } = await buildBundle(await options())
  const small = { ...(await options(lock)), volumeSize: 40_960 }
  const [planned, built] = await Promise.all([refusal(planBundle(small)), refusal(buildBundle(small))])
  assert.match(planned?.message ?? '', /volumes of 40960 bytes are too small/)
  assert.deepEqual([planned?.message, planned?.hint], [built?.message, built?.hint])
})

test('a delta is planned and built smaller, and merged with its base it is what a build without it writes', async () => {
  const { lock, paths, size } = await buildBundle(await options())
  const [whole = ''] = paths
  const base = await readInventory(whole)
  const fresh = { ...(await options(lock)), base }
  const { bundle } = await planBundle(fresh)
  assert.ok(bundle.bytes < size - image.layer.length && !bundle.exact, `${bundle.bytes} of ${size}`)
  const built = await buildBundle(fresh)
  assert.ok(built.size < bundle.bytes, 'the executable is the base’s too')
  const executable = { ...fresh.executable, digest: `sha256:${sha256(readFileSync(join(fresh.workspace, 'redoubt')))}` }
  assert.deepEqual((await planBundle({ ...fresh, executable })).bundle, { bytes: built.size, exact: true })
  assert.equal(statSync(fresh.target).size, built.size)
  const delta = await openDelta(fresh.target, key.publicKey)
  assert.ok(delta)
  assert.equal(delta.list.needs.length, built.leftOut?.count)
  const merged = join(fresh.workspace, 'merged.tar')
  await mergeDelta(delta, whole, merged, { key: key.publicKey, onProgress: () => {}, signal: fresh.signal })
  await delta.archive.file.close()
  assert.ok(readFileSync(merged).equals(readFileSync(whole)))
})

test('what programs hear of a build: a line for each thing that is there', async () => {
  const events: Event[] = []
  const hear = (line: string) => void events.push(JSON.parse(line))
  const out = createEvents({ format: 'json', quiet: false, verbose: false, color: false }, hear)
  await buildBundle({ ...(await options()), out })
  const items = events.flatMap((event) => (event.event === 'item' ? [event.name] : []))
  assert.deepEqual(items, ['tool', `${host}/team/app:1`])
  const begun = events.filter(({ event }) => event === 'begin').length
  assert.equal(events.filter((event) => event.event === 'end' && event.ok).length, begun)
})

test('a build for which there is no room is refused before anything is fetched', async () => {
  const { lock } = await buildBundle(await options())
  for (const change of [
    (huge: Lock) => void huge.images[0]?.blobs.push({ digest: `sha256:${'1'.repeat(64)}`, size: 2 ** 52 }),
    (huge: Lock) => {
      huge.releases = huge.releases.map((one) => ({ ...one, size: 2 ** 52 }))
    },
  ]) {
    const huge = structuredClone(lock)
    change(huge)
    const pinned = await options(huge)
    asked.length = 0
    await assert.rejects(produce(pinned), {
      code: 'failed',
      message: /with the bundle, needs .* bytes\), and .* are free/,
    })
    assert.equal(asked.length, 0)
  }
})

test.after(registry.close)
test.run()
