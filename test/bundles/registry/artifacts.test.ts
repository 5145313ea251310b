// What hangs from images, what moves under us, what is claimed.
import * as assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { type Cache, isCached, openCache } from '../../../bundles/cache.ts'
import { wantedImages } from '../../../bundles/produce/images.ts'
import { mediaTypes } from '../../../bundles/registry/manifest.ts'
import { collectImages, resolveImage } from '../../../bundles/sources/registry.ts'
import type { BundleSpec } from '../../../cluster/bundle.ts'
import { largestBlob } from '../../../cluster/lock.ts'
import { digestOf } from '../../../lib/hash.ts'
import { clientFor, imageOf, serveFake } from './fake.ts'
import { answersOf, type Content, emptyContent, putBlob, putManifest } from './store.ts'

const { ociIndex, ociManifest } = mediaTypes
const layerType = 'application/vnd.oci.image.layer.v1.tar'

async function withRegistry(
  content: Content,
  work: (host: string, fresh: () => Promise<Cache>, asked: { path: string }[]) => Promise<void>,
  pageSize?: number,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'redoubt-artifacts-'))
  const fake = await serveFake(answersOf(content, pageSize))
  let count = 0
  try {
    await work(fake.host, () => openCache(join(root, `${count++}`)), fake.asked)
  } finally {
    await fake.close()
    await rm(root, { recursive: true })
  }
}

/** An image of one layer under a tag; returns its descriptor. */
function putImage(content: Content, bytes: string, ...tags: string[]) {
  const image = imageOf(Buffer.from(bytes))
  putBlob(content, image.layer, layerType)
  putBlob(content, image.config, 'application/vnd.oci.image.config.v1+json')
  return putManifest(content, image.manifest, ociManifest, ...tags)
}

const quiet = () => {}
const named = (host: string, artifacts = false) => ({ name: `${host}/team/app:1`, platforms: [], artifacts })

test('manifests of a thousand layers each: as many as are held at once', async () => {
  const content = emptyContent()
  const config = putBlob(content, Buffer.from('{}'), 'application/vnd.oci.empty.v1+json')
  const put = (from: number, count: number, ...tags: string[]) => {
    const layers = Array.from({ length: count }, (_, n) => ({
      ...config,
      digest: digestOf(Buffer.from(`${from + n}`)),
    }))
    return putManifest(content, { schemaVersion: 2, mediaType: ociManifest, config, layers }, ociManifest, ...tags)
  }
  const image = put(0, 1000, '1')
  const resolve = (host: string, cache: Cache) => resolveImage(clientFor([host]).client, cache, named(host, true))
  await withRegistry(content, async (host, fresh) => {
    const artifacts = Array.from({ length: 9 }, (_, index) => put(index * 1000, 1000))
    content.referrers.set(image.digest, artifacts)
    assert.equal((await resolve(host, await fresh())).artifacts.length, 9)
    content.referrers.set(image.digest, [...artifacts, put(9000, 1000)])
    await assert.rejects(resolve(host, await fresh()), /artifacts of more than 10000 blobs/)
    put(0, 1001, '1')
    await assert.rejects(resolve(host, await fresh()), /its manifest is broken: more than 1000 layers/)
  })
})

test('referrers are read over all pages, from the registry itself wherever its links point', async () => {
  const content = emptyContent()
  const image = putImage(content, 'image', '1')
  const signatures = ['a', 'b', 'c', 'd', 'e'].map((text) => putImage(content, text))
  content.referrers.set(image.digest, signatures)
  await withRegistry(
    content,
    async (host, fresh) => {
      const { client } = clientFor([host])
      const found = await resolveImage(client, await fresh(), named(host, true))
      assert.deepEqual(
        found.artifacts.map(({ digest }) => digest),
        signatures.map(({ digest }) => digest),
      )
    },
    2,
  )
})

test('a list of referrers without end is refused', async () => {
  const content = emptyContent()
  const image = putImage(content, 'image', '1')
  const endless = { length: Number.MAX_SAFE_INTEGER, slice: () => [] }
  content.referrers.set(image.digest, endless as unknown as object[])
  await withRegistry(
    content,
    async (host, fresh, asked) => {
      const { client } = clientFor([host])
      await assert.rejects(resolveImage(client, await fresh(), named(host, true)), /more than 20 pages of referrers/)
      assert.equal(asked.filter(({ path }) => path.includes('referrers')).length, 20)
    },
    2,
  )
})

test('an artifact that is an index comes with all that it names, also by its pin into an empty cache', async () => {
  const content = emptyContent()
  const image = putImage(content, 'image', '1')
  const children = ['sbom of amd64', 'sbom of arm64'].map((text) => putImage(content, text))
  content.referrers.set(image.digest, [putManifest(content, { schemaVersion: 2, manifests: children }, ociIndex)])
  await withRegistry(content, async (host, fresh) => {
    const { client } = clientFor([host])
    const pinned = await resolveImage(client, await fresh(), named(host, true))
    // The index, and two manifests with a layer each and the one config.
    assert.equal(pinned.artifacts[0]?.blobs.length, 6)
    const cache = await fresh()
    await collectImages(client, cache, [pinned], 2, quiet)
    for (const blob of pinned.artifacts[0]?.blobs ?? []) assert.ok(await isCached(cache, blob), blob.digest)
  })
})

test('a tag that moves after it was resolved changes nothing: what was pinned is fetched', async () => {
  const content = emptyContent()
  const before = putImage(content, 'before', '1')
  await withRegistry(content, async (host, fresh, asked) => {
    const { client } = clientFor([host])
    const pinned = await resolveImage(client, await fresh(), named(host))
    assert.equal(pinned.digest, before.digest)
    const after = putImage(content, 'after', '1')
    asked.length = 0
    const cache = await fresh()
    await collectImages(client, cache, [pinned], 2, quiet)
    assert.ok(await isCached(cache, before))
    assert.ok(!asked.some(({ path }) => path.endsWith('/manifests/1') || path.includes(after.digest)))
    // And when the registry has thrown away what the tag named before, it is said what is missing.
    content.manifests.delete(before.digest)
    const error = await collectImages(client, await fresh(), [pinned], 2, quiet).catch((thrown) => thrown)
    assert.match(`${error.where}: ${error.message}`, new RegExp(`team/app manifests/${before.digest}: answers 404`))
  })
})

test('layers that claim more than the disk has are refused before a byte of them is asked for', async () => {
  const content = emptyContent()
  const config = putBlob(content, Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json')
  const layers = [{ mediaType: layerType, digest: `sha256:${'1'.repeat(64)}`, size: largestBlob }]
  putManifest(content, { schemaVersion: 2, mediaType: ociManifest, config, layers }, ociManifest, '1')
  await withRegistry(content, async (host, fresh, asked) => {
    const { client } = clientFor([host])
    const cache = await fresh()
    const pinned = await resolveImage(client, cache, named(host))
    const error = await collectImages(client, cache, [pinned], 2, quiet).catch((thrown) => thrown)
    assert.match(error.message, /needs 1000 TB \(\d{16} bytes\), and .* \(\d+\) are free/)
    assert.equal(error.where, cache.root)
    assert.ok(!asked.some(({ path }) => path.includes('/blobs/')))
    assert.deepEqual(await readdir(join(cache.root, 'partial')), [])
  })
})

test('an image of one’s own cannot have the name of ours', () => {
  const want = (name: string) =>
    wantedImages(
      {
        images: [{ name, artifacts: false }],
        where: () => 'redoubt.yaml:7:9',
      } as unknown as BundleSpec,
      'amd64',
    )
  for (const name of ['redoubt.dev/etcd:v3.6.8', 'Redoubt.Dev/app:1'])
    assert.throws(() => want(name), { message: /has the name of redoubt’s own images/, where: 'redoubt.yaml:7:9' })
  assert.equal(want('example.org/redoubt.dev/app:1').length, 1)
})

test.run()
