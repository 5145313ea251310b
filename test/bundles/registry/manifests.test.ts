// Manifests that lie, and names that mislead.

import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { pinnedImage, wantedImages } from '../../../bundles/produce/images.ts'
import { mediaTypes, parseManifest } from '../../../bundles/registry/manifest.ts'
import { resolveImage } from '../../../bundles/sources/registry.ts'
import type { BundleSpec } from '../../../cluster/bundle.ts'
import { type LockedImage, largestBlob } from '../../../cluster/lock.ts'
import { describeError } from '../../../lib/errors.ts'
import { digestOf } from '../../../lib/hash.ts'
import { isPlain } from '../../../lib/plain.ts'
import { refusal } from '../small.ts'
import { type Answer, clientFor, imageOf, withFake } from './fake.ts'

const layer = Buffer.alloc(3000, 'layer')
const image = imageOf(layer)

test('a manifest that can be read as two things is refused', () => {
  const whole = JSON.parse(image.manifest.toString('utf8'))
  const parse = (value: object, type: string) => () => parseManifest(Buffer.from(JSON.stringify(value)), type, 'it')
  assert.equal(parse(whole, mediaTypes.ociManifest)().kind, 'image')
  assert.equal(parse({ manifests: [] }, mediaTypes.ociIndex)().kind, 'index')
  for (const [value, type] of [
    [{ ...whole, manifests: [] }, mediaTypes.ociManifest],
    [{ manifests: [], layers: [] }, mediaTypes.ociIndex],
    [whole, mediaTypes.dockerManifest],
    [{ manifests: [], mediaType: mediaTypes.ociManifest }, mediaTypes.ociIndex],
  ] as const)
    assert.throws(parse(value, type), /two things/)
})

test('a size that a lock could not say is refused', () => {
  const parse = (size: number) => {
    const layers = [{ mediaType: mediaTypes.ociManifest, digest: digestOf(layer), size }]
    const whole = { ...JSON.parse(image.manifest.toString('utf8')), layers }
    return () => parseManifest(Buffer.from(JSON.stringify(whole)), mediaTypes.ociManifest, 'it')
  }
  parse(largestBlob)()
  assert.throws(parse(largestBlob + 1), /its manifest is broken/)
})

/** A registry that answers an index by tag, and by digest the image or what else is given. */
function indexed(index: object, child: Buffer, type: string): Answer {
  return ({ path }, response) => {
    const byTag = path.endsWith('/1')
    response.setHeader('content-type', byTag ? mediaTypes.ociIndex : type)
    response.end(byTag ? JSON.stringify(index) : child)
  }
}
const platform = { os: 'linux', architecture: 'amd64' }
const entry = (bytes: Buffer, mediaType: string) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
  platform,
})
const nested = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }))

const indexes: [string, object, Buffer, string, RegExp | undefined][] = [
  [
    'another type in the header than in the index: the index counts, as it does when it is cached',
    { manifests: [entry(image.manifest, mediaTypes.ociManifest)] },
    image.manifest,
    mediaTypes.dockerManifest,
    undefined,
  ],
  [
    'an index in an index',
    { manifests: [entry(nested, mediaTypes.ociIndex)] },
    nested,
    mediaTypes.ociIndex,
    /index of/,
  ],
  [
    'more manifests than are held',
    { manifests: Array.from({ length: 101 }, () => entry(image.manifest, mediaTypes.ociManifest)) },
    image.manifest,
    mediaTypes.ociManifest,
    /101 manifests; at most 100/,
  ],
]
for (const [what, index, child, type, words] of indexes)
  test(`of an index: ${what}`, () =>
    withFake(indexed(index, child, type), async (host, cache) => {
      const { client } = clientFor([host])
      const wanted = { name: `${host}/team/app:1`, platforms: ['linux/amd64'], artifacts: false }
      if (words) await assert.rejects(resolveImage(client, cache, wanted), words)
      else assert.equal((await resolveImage(client, cache, wanted)).blobs.length, 4)
    }))

const forged = 'linux\n\u001b[32m✓ verified\u202e'
for (const [what, index] of [
  [
    'a platform',
    { manifests: [{ ...entry(image.manifest, mediaTypes.ociManifest), platform: { os: forged, architecture: 'x' } }] },
  ],
  ['a size', { manifests: [{ ...entry(image.manifest, mediaTypes.ociManifest), size: forged + 'x'.repeat(100_000) }] }],
] as const)
  test(`of a manifest: ${what} that would pass for lines of ours is told on one short line`, () =>
    withFake(indexed(index, image.manifest, mediaTypes.ociManifest), async (host, cache) => {
      const { client } = clientFor([host])
      const wanted = { name: `${host}/team/app:1`, platforms: ['linux/amd64'], artifacts: false }
      const error = await refusal(resolveImage(client, cache, wanted))
      const text = describeError(error, false)
      assert.match(text, /its index is broken: /)
      assert.ok(isPlain(text) && text.length < 500, text.slice(0, 500))
    }))

test('a pin by digest alone is none for `latest`, and a tag is one image', () => {
  const of = (name: string, hex: string): LockedImage => ({
    name,
    digest: `sha256:${hex.repeat(64)}`,
    size: 1,
    mediaType: mediaTypes.ociManifest,
    platforms: [],
    artifacts: [],
    blobs: [],
  })
  const pins = [of('a.io/app', 'a'), of('a.io/app:latest', 'b')]
  const pin = (name: string) => pinnedImage(pins, { name, platforms: [], artifacts: false }).digest.slice(7, 8)
  assert.equal(pin('a.io/app:latest'), 'b')
  assert.equal(pin(`a.io/app@sha256:${'a'.repeat(64)}`), 'a')
  assert.throws(() => pinnedImage(pins.slice(0, 1), { name: 'a.io/app:latest', platforms: [], artifacts: false }))
  const want = (...names: string[]) => {
    const images = names.map((name) => ({ name, artifacts: false }))
    return wantedImages({ images, where: () => 'here' } as unknown as BundleSpec, 'amd64').length
  }
  const [one, two] = ['a', 'b'].map((hex) => `@sha256:${hex.repeat(64)}`)
  assert.equal(want(`a.io/app${one}`, `a.io/app${two}`, 'a.io/app'), 3)
  assert.throws(() => want(`a.io/app:1${one}`, `a.io/app:1${two}`), /a.io\/app:1 is named twice/)
})

test.run()
