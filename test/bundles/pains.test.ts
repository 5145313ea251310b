// What users of other tools that carry images suffer, one test each: none of it happens here. `npm run pains` runs them against
// distribution's registry; `npm test` against one in memory.
import * as assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'uvu'
import { cachedPath, openCache } from '../../bundles/cache.ts'
import { readInventory } from '../../bundles/delta/inventory.ts'
import { mergeDelta } from '../../bundles/delta/merge.ts'
import { openDelta } from '../../bundles/delta/open.ts'
import { extractPart } from '../../bundles/extract/extract.ts'
import { chooseParts, partsOf } from '../../bundles/extract/parts.ts'
import { imagesOf, missingImages } from '../../bundles/load/load.ts'
import { sbomOf } from '../../bundles/papers/sbom/sbom.ts'
import { verifyBundle } from '../../bundles/read/verify.ts'
import { verifyVolume } from '../../bundles/read/verify-volume.ts'
import { digestOf } from '../../lib/hash.ts'
import { withCtr } from './ctr.ts'
import { build, withHead, workspaceOf } from './making.ts'
import { type Origin, withOrigins } from './pains/origin.ts'
import { publish, publishIndex, publishReferrer } from './pains/publish.ts'
import { pushBundle } from './pains/push.ts'
import { imageOf } from './registry/fake.ts'
import { fakeBytes, key, refusal } from './small.ts'

const { signal } = new AbortController()
const check = { jobs: 2, onProgress: () => {}, signal }
const shared = fakeBytes(300_000, 1)
const web = imageOf(fakeBytes(200_000, 2), [shared])
const store = imageOf(fakeBytes(100_000, 3), [shared])
const both = (host: string) => `  images: ['${host}/team/web:1', '${host}/team/store:2']\n`

/** Bytes below a folder. */
function bytesIn(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.reduce((sum, one) => sum + (one.isFile() ? statSync(join(one.parentPath, one.name)).size : 0), 0)
}

/** Both images in a registry, a workspace that wants them, and an empty registry. */
const withBoth = (work: (folder: string, origin: Origin, other: Origin) => Promise<void>) =>
  withOrigins(async (origin, other) => {
    await publish(origin.direct, 'team/web', web, '1')
    await publish(origin.direct, 'team/store', store, '2')
    await work(workspaceOf(origin.host, both(origin.host)), origin, other)
  })

const unique = [web.layer, shared, store.layer, web.config, web.manifest, store.manifest]
const wanted = unique.reduce((sum, { length }) => sum + length, 0)

test('1. disk use multiplies: each blob lies once in the cache and once in the bundle, and nothing else stays', () =>
  withBoth(async (folder, { sent }) => {
    const { size } = await build(folder)
    const cached = bytesIn(join(folder, 'cache'))
    assert.ok(cached >= wanted && cached < wanted + 5000, `${cached} of ${wanted}`)
    assert.ok(size < wanted + 40_000 + 80_000, `${size}`)
    const layers = [...sent].filter(([path]) => path.includes(digestOf(shared)))
    assert.deepEqual(
      layers.map(([, bytes]) => bytes),
      [shared.length],
    )
    assert.deepEqual(readdirSync(folder).sort(), ['apps', 'cache', 'redoubt', 'redoubt.yaml', 'tools-0.1.0.tar'])
  }))

test('2. slow unpacking: a part is read from where it lies, and no other byte with it', () =>
  withBoth(async (folder) => {
    const [path = ''] = (await build(folder)).paths
    const read = () => Number(/^rchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
    await withHead(path, async (head) => {
      const before = read()
      const [part] = chooseParts(partsOf(head), ['redoubt'])
      assert.ok(part)
      await extractPart(part, { to: folder, force: true, onBytes: () => {}, signal })
      assert.ok(read() - before < 200_000, `${read() - before} bytes were read for ${40_000}`)
    })
  }))

test('3. serial pulls: as many at once as there are jobs', () =>
  withBoth(async (folder, origin) => {
    const layers = [web.layer, store.layer, shared]
    let [now, most] = [0, 0]
    const late = AbortSignal.timeout(10_000)
    origin.hold = ({ path }) =>
      layers.some((layer) => path.endsWith(digestOf(layer)))
        ? new Promise((resolve) => {
            most = Math.max(most, ++now)
            const poll = () => {
              if (most < layers.length && !late.aborted) return void setImmediate(poll)
              now--
              resolve()
            }
            poll()
          })
        : undefined
    await build(folder, { jobs: layers.length })
    assert.equal(most, layers.length)
  }))

test('4. pushes hang or fail: busy and broken answers are tried again, and again nothing is sent', () =>
  withBoth(async (folder, _, other) => {
    const [path = ''] = (await build(folder)).paths
    let refused = 0
    other.status = ({ method }) => (method === 'PUT' && refused < 4 ? [429, 500, 502, 503][refused++] : undefined)
    const first = await pushBundle(path, other.host, 'copy')
    assert.equal(refused, 4)
    assert.ok(first.sent + first.mounted > 0)
    const again = await pushBundle(path, other.host, 'copy')
    assert.deepEqual([again.sent, again.mounted, again.bytes], [0, 0, 0])
  }))

test('5. no resume: a dropped read goes on where it stopped', () =>
  withOrigins(async (origin) => {
    const large = imageOf(fakeBytes(3_000_000, 4))
    await publish(origin.direct, 'team/large', large, '1')
    const layer = `/v2/team/large/blobs/${digestOf(large.layer)}`
    const cuts = [700_000, 900_000]
    origin.cut = ({ path }) => (path === layer ? cuts.shift() : undefined)
    const folder = workspaceOf(origin.host, `  images: ['${origin.host}/team/large:1']\n`)
    await build(folder)
    const twice = (origin.sent.get(layer) ?? 0) - large.layer.length
    assert.ok(twice >= 0 && twice < 1 << 20, `${twice} bytes came twice`)
    assert.equal(origin.asked.filter(({ path, headers }) => path === layer && headers.range).length, 2)
  }))

test('6. a corrupt cache after an interrupt: killed in the middle, it goes on to the same bundle', () =>
  withBoth(async (folder, origin) => {
    const whole = workspaceOf(origin.host, both(origin.host))
    const { id, lock } = await build(whole)
    // Twice in the largest, which is asked for first.
    for (const at of [90_000, 50_000]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'pains/child.ts'), folder])
      const ended = Promise.all([text(child.stderr), once(child, 'close')])
      origin.cut = ({ path }) => {
        if (!path.endsWith(digestOf(shared))) return undefined
        child.kill('SIGKILL')
        return at
      }
      assert.equal((await ended)[0], '')
      assert.equal(child.signalCode, 'SIGKILL')
    }
    origin.cut = () => undefined
    assert.equal((await build(folder)).id, id)
    // What a disk did to it meanwhile is found, and fetched again.
    const cache = await openCache(join(folder, 'cache'))
    writeFileSync(cachedPath(cache, digestOf(shared)), Buffer.alloc(shared.length))
    assert.equal((await build(folder, { pins: lock })).id, id)
  }))

test('7. splitting is fragile: each volume verifies alone, in any order, and the set is read as it lies', () =>
  withBoth(async (folder) => {
    const { paths, id } = await build(folder, { volumeSize: 256 << 10 })
    assert.ok(paths.length > 2)
    for (const path of [...paths].reverse()) await verifyVolume(path, key.publicKey, check)
    assert.equal((await verifyBundle(paths.at(-1) ?? '', key.publicKey, check)).id, id)
    const [, second = ''] = paths
    const bytes = readFileSync(second)
    bytes.writeUInt8(bytes.readUInt8(100_000) ^ 1, 100_000)
    writeFileSync(second, bytes)
    for (const path of paths)
      assert.equal(
        (await refusal(verifyVolume(path, key.publicKey, check)))?.code,
        path === second ? 'integrity' : undefined,
      )
  }))

test('8. upstream signatures are lost: they cross with their image, and a published checksum is held to', () =>
  withOrigins(async (origin, other) => {
    await publish(origin.direct, 'team/web', web, '1')
    const artifact = await publishReferrer(origin.direct, 'team/web', web, Buffer.from('{"critical":{}}'))
    const image = `  images: [{name: '${origin.host}/team/web:1', artifacts: true}]\n`
    const [path = ''] = (await build(workspaceOf(origin.host, image))).paths
    const copy = await pushBundle(path, other.direct, 'copy')
    assert.ok(copy.sent > 0)
    const got = await fetch(`http://${other.direct}/v2/copy/team/web/manifests/${artifact}`, {
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
    })
    assert.equal(digestOf(Buffer.from(await got.arrayBuffer())), artifact)
    const wrong = `  releases: [{name: layer, url: 'http://${origin.host}/v2/team/web/blobs/${digestOf(web.layer)}', sha256: ${'a1'.repeat(32)}}]\n`
    assert.equal((await refusal(build(workspaceOf(origin.host, wrong))))?.code, 'integrity')
  }))

test('9. verification is silent, wrong or skipped: damage is named, and what uses the bundle finds it too', () =>
  withBoth(async (folder, _, other) => {
    const [path = ''] = (await build(folder)).paths
    const bytes = readFileSync(path)
    const at = bytes.indexOf(web.layer) + 50
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    writeFileSync(path, bytes)
    const found = await refusal(verifyBundle(path, key.publicKey, check))
    assert.equal(found?.code, 'integrity')
    assert.match(`${found?.message}`, new RegExp(digestOf(web.layer).slice(7)))
    assert.equal((await refusal(pushBundle(path, other.host, 'copy')))?.code, 'integrity')
  }))

test('10. deltas are absent or broken: only what is new crosses, merged it is the bundle, elsewhere it is refused', () =>
  withBoth(async (folder, origin) => {
    const [base = ''] = (await build(folder)).paths
    await publish(origin.direct, 'team/web', imageOf(fakeBytes(50_000, 9), [shared]), '3')
    const next = workspaceOf(origin.host, both(origin.host).replace('web:1', 'web:3'))
    const [whole = ''] = (await build(next)).paths
    const small = await build(next, { target: join(next, 'small.tar'), base: await readInventory(base) })
    assert.ok(small.size < 150_000, `${small.size}`)
    const delta = await openDelta(small.paths[0] ?? '', key.publicKey)
    assert.ok(delta)
    const options = { key: key.publicKey, onProgress: () => {}, signal }
    const merged = join(next, 'merged.tar')
    assert.equal((await refusal(mergeDelta(delta, whole, merged, options)))?.code, 'usage')
    assert.ok(!readdirSync(next).some((name) => name.startsWith('merged')))
    await mergeDelta(delta, base, merged, options)
    await delta.archive.file.close()
    assert.ok(readFileSync(merged).equals(readFileSync(whole)))
  }))

test('11. tags, digests and indexes differ after the trip: an index of many platforms arrives byte for byte', () =>
  withOrigins(async (origin, other) => {
    const arm = imageOf(fakeBytes(60_000, 6), [shared], 'arm64')
    const index = await publishIndex(origin.direct, 'team/multi', { amd64: web, arm64: arm }, '1')
    const name = `${origin.host}/team/multi`
    for (const image of [`${name}:1`, `${name}@${digestOf(index)}`, `${name}:1@${digestOf(index)}`]) {
      const folder = workspaceOf(origin.host, `  images: [{name: '${image}', platforms: [linux/amd64, linux/arm64]}]\n`)
      const { paths, lock } = await build(folder)
      assert.equal(lock.images[0]?.digest, digestOf(index))
      await pushBundle(paths[0] ?? '', other.direct, 'copy')
      const got = await fetch(`http://${other.direct}/v2/copy/team/multi/manifests/${digestOf(index)}`, {
        headers: { accept: 'application/vnd.oci.image.index.v1+json' },
      })
      assert.ok(Buffer.from(await got.arrayBuffer()).equals(index))
    }
  }))

test('12. an image is found missing only offline: the build says so before it writes, and where it is wanted', () =>
  withBoth(async (_, origin) => {
    const folder = workspaceOf(origin.host, `${both(origin.host)}  manifests: [apps]\n`)
    writeFileSync(
      join(folder, 'apps/app.yaml'),
      `kind: Prometheus\nmetadata: {name: p}\nspec:\n  image: ${origin.host}/team/web:1\n  thanos:\n    image: quay.io/thanos/thanos:v1\n`,
    )
    const found = await refusal(build(folder))
    assert.equal(found?.code, 'failed')
    assert.match(
      `${found?.message} ${found?.where} ${found?.hint}`,
      /quay\.io\/thanos\/thanos:v1[\s\S]*apps\/app\.yaml:6/,
    )
    assert.ok(!readdirSync(folder).some((name) => name.endsWith('.tar')))
  }))

test('13. nodes import everything again: what is there is not, and a lost layer brings back its image alone', () =>
  withBoth(async (folder) => {
    const [path = ''] = (await build(folder)).paths
    await withHead(path, (head) =>
      withCtr(async (_, table) => {
        const images = imagesOf(head)
        const lines = (lost: string) =>
          images.flatMap(({ names, digest }) =>
            names.map(
              (name) =>
                `${name} application/x ${digest} ${digest === lost ? 'incomplete (2/3)' : 'complete (3/3)'} 3 true\n`,
            ),
          )
        const containerd = { address: undefined, namespace: 'k8s.io' }
        await table(lines('').join(''))
        assert.deepEqual(await missingImages(containerd, images, signal), [])
        await table(lines(web.digest).join(''))
        assert.deepEqual(
          (await missingImages(containerd, images, signal)).map(({ digest }) => digest),
          [web.digest],
        )
      }),
    )
  }))

test('14. out of memory on large layers: 300 MiB pass through less than 256', () =>
  withOrigins(async (origin) => {
    await publish(origin.direct, 'team/large', imageOf(Buffer.alloc(300 << 20, 'redoubt')), '1')
    const folder = workspaceOf(origin.host, `  images: ['${origin.host}/team/large:1']\n`)
    const child = spawn(process.execPath, [join(import.meta.dirname, 'pains/child.ts'), folder])
    const [said, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
    assert.ok(Number(said) > 0, errors)
    assert.ok(Number(said) < 256 << 10, `${said} KiB`)
  }))

test('15. outputs differ, SBOMs are huge: the same bytes at 1, 4 and 16 jobs, cold and warm, and an SPDX of their size', () =>
  withBoth(async (folder, origin) => {
    const { id, paths } = await build(folder, { jobs: 1 })
    const bytes = readFileSync(paths[0] ?? '')
    for (const jobs of [4, 16])
      for (const place of [folder, workspaceOf(origin.host, both(origin.host))]) {
        const again = await build(place, { jobs, target: join(place, `at${jobs}.tar`) })
        assert.equal(again.id, id)
        assert.ok(readFileSync(again.paths[0] ?? '').equals(bytes))
      }
    const sbom = () => withHead(paths[0] ?? '', async (head) => sbomOf(head, 'redoubt 0.0.0').text)
    const text = await sbom()
    assert.equal(JSON.parse(text).spdxVersion, 'SPDX-2.3')
    assert.ok(text.length < 20_000, `${text.length}`)
    assert.equal(await sbom(), text)
  }))

test.run()
