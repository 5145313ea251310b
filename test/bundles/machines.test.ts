// A bundle for arm64, made on whatever machine this is: nothing in it is for another, and what would be is refused by name.

import * as assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { openCache } from '../../bundles/cache.ts'
import { planBundle } from '../../bundles/plan/plan.ts'
import { refuseForeignPackages, refuseForeignPrograms } from '../../bundles/produce/machines.ts'
import { readAt } from '../../bundles/read/archive.ts'
import { readHead } from '../../bundles/read.ts'
import { mediaTypes } from '../../bundles/registry/manifest.ts'
import { digestOf } from '../../lib/hash.ts'
import { machineOf } from '../../lib/machine.ts'
import { createOutput } from '../../lib/output.ts'
import { build, buildOptions, workspaceOf } from './making.ts'
import { imageOf, serveFake } from './registry/fake.ts'
import { fakeBytes, key, temporary } from './small.ts'

/** A program for a machine of elf.h, as far as anybody looks at it. */
function program(machine: number, seed: number): Buffer {
  const bytes = fakeBytes(2000, seed)
  bytes.write('\x7fELF\x02\x01', 'latin1')
  bytes.writeUInt16LE(machine, 18)
  return bytes
}
const [amd64, arm64] = [62, 183]
const images = { amd64: imageOf(program(amd64, 1), [], 'amd64'), arm64: imageOf(program(arm64, 2), [], 'arm64') }
const index = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: Object.entries(images).map(([architecture, { manifest }]) => ({
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(manifest),
      size: manifest.length,
      platform: { os: 'linux', architecture },
    })),
  }),
)
const blobs = new Map(
  [index, ...Object.values(images).flatMap(({ layer, config, manifest }) => [layer, config, manifest])].map((bytes) => [
    digestOf(bytes),
    bytes,
  ]),
)
const tags: Record<string, Buffer> = { both: index, amd64: images.amd64.manifest, arm64: images.arm64.manifest }
const registry = await serveFake(({ path }, response) => {
  const name = path.split('/').at(-1) ?? ''
  const body = tags[name] ?? blobs.get(name)
  if (!body) return void response.writeHead(404).end()
  response.setHeader('content-type', body === index ? mediaTypes.ociIndex : mediaTypes.ociManifest).end(body)
})
test.after(() => registry.close())

const workspaceFor = (lines: string) =>
  workspaceOf(registry.host, `  architecture: arm64\n${lines.replaceAll('HOST', registry.host)}\n`)

async function buildFor(
  lines: string,
  executable: Buffer = program(arm64, 3),
): Promise<{ path: string; said: string }> {
  const workspace = workspaceFor(lines)
  writeFileSync(join(workspace, 'redoubt'), executable)
  writeFileSync(join(workspace, 'tool'), program(amd64, 4))
  const said: string[] = []
  const out = {
    ...createOutput({ format: 'table', quiet: true, verbose: false, color: false }),
    warn: (line: string) => void said.push(line),
  }
  const { paths } = await build(workspace, { architecture: 'arm64', out })
  return { path: paths[0] ?? '', said: said.join('\n') }
}

/** Of every entry of a bundle that is a program: its path and its machine. */
async function programsIn(path: string): Promise<string[]> {
  const { archive, leading, contents } = await readHead(path, key.publicKey)
  const found: string[] = []
  for (const entry of [...leading, ...contents]) {
    const machine = machineOf(await readAt(archive, entry.offset, Math.min(20, entry.size), entry.path))
    if (machine) found.push(`${entry.path.slice(0, 5)} ${machine}`)
  }
  await archive.file.close()
  return found
}

test('no program of an arm64 bundle is for another machine: of an index its own platform alone is carried', async () => {
  const { path, said } = await buildFor(`  images: ['HOST/team/app:both', 'HOST/team/app:arm64']`)
  assert.deepEqual(await programsIn(path), ['redou arm64', 'blobs arm64'])
  assert.equal(said, '')
})

test('a program for another machine that somebody chose to carry is carried, and told', async () => {
  const { path, said } = await buildFor(`  files: [{name: tool, path: tool}]`)
  assert.deepEqual(await programsIn(path), ['redou arm64', 'blobs amd64'])
  assert.match(said, /^tool is a program for amd64, the bundle is for arm64/)
})

test('an image for another platform is refused where it is named, unless it is meant', async () => {
  const fetched = () => registry.asked.filter(({ path }) => path.endsWith(digestOf(images.amd64.layer))).length
  const before = fetched()
  await assert.rejects(buildFor(`  images: ['HOST/team/app:amd64']`), (error: Error & { where?: string }) => {
    assert.match(error.message, /app:amd64 is made for linux\/amd64 alone, wanted is linux\/arm64/)
    assert.match(error.where ?? '', /^redoubt.yaml:7:12$/)
    return true
  })
  assert.equal(fetched(), before, 'no layer of it is fetched')
  const plan = await buildOptions(workspaceFor(`  images: ['HOST/team/app:amd64']`), { architecture: 'arm64' })
  await assert.rejects(planBundle(plan), /app:amd64 is made for linux\/amd64 alone/, 'a dry run says it too')
  const { path } = await buildFor(`  images: [{name: 'HOST/team/app:amd64', platforms: [linux/amd64]}]`)
  assert.deepEqual(await programsIn(path), ['redou arm64', 'blobs amd64'])
})

test('an executable of another machine goes into no bundle', async () => {
  await assert.rejects(
    buildFor('  files: []', program(amd64, 3)),
    /redoubt is a program for amd64, the bundle is for arm64/,
  )
})

test('a program or a package of a cluster for another machine is named', async () => {
  const cache = await openCache(join(temporary, 'machines'))
  const bytes = program(amd64, 5)
  const binary = { digest: digestOf(bytes), size: bytes.length }
  writeFileSync(join(cache.root, 'blobs', binary.digest.replace(':', '/')), bytes)
  const source = { kind: 'deb', package: 'runc', path: '/usr/sbin/runc', ...binary } as const
  const programs = { runc: { version: '1', source, binary } }
  await refuseForeignPrograms(cache, programs, 'amd64')
  await assert.rejects(refuseForeignPrograms(cache, programs, 'arm64'), /^RedoubtError: runc is a program for amd64/)
  const deb = (architecture: string) => ({ name: 'nftables', version: '1', architecture, ...binary })
  const debs = (architecture: string) => ({
    packages: [deb('all')],
    imagePackages: { 'kube-proxy': [deb(architecture)] },
    programs: {},
  })
  refuseForeignPackages(debs('arm64'), 'arm64')
  assert.throws(() => refuseForeignPackages(debs('amd64'), 'arm64'), /nftables 1 is for amd64/)
})

test.run()
