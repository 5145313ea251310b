// Images as another's tool pushes them: by plain requests of the distribution specification.
import * as assert from 'node:assert/strict'
import { mediaTypes } from '../../../bundles/registry/manifest.ts'
import { digestOf } from '../../../lib/hash.ts'
import type { imageOf } from '../registry/fake.ts'

type Image = ReturnType<typeof imageOf>

async function put(url: string, bytes: Buffer, type: string): Promise<void> {
  const answer = await fetch(url, { method: 'PUT', body: new Uint8Array(bytes), headers: { 'content-type': type } })
  assert.equal(answer.status, 201, `PUT ${url}: ${await answer.text()}`)
}

async function putBlob(host: string, repository: string, bytes: Buffer): Promise<void> {
  const begun = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST' })
  const url = new URL(begun.headers.get('location') ?? '')
  url.searchParams.set('digest', digestOf(bytes))
  await put(url.href, bytes, 'application/octet-stream')
}

/** Pushes a manifest by its digest, and under a tag. */
async function putManifest(host: string, repository: string, bytes: Buffer, type: string, tag?: string): Promise<void> {
  for (const name of [digestOf(bytes), ...(tag ? [tag] : [])])
    await put(`http://${host}/v2/${repository}/manifests/${name}`, bytes, type)
}

/** Pushes an image, under a tag if there is one; returns it. */
export async function publish(host: string, repository: string, image: Image, tag?: string): Promise<Image> {
  for (const bytes of [image.layer, ...image.further, image.config]) await putBlob(host, repository, bytes)
  await putManifest(host, repository, image.manifest, mediaTypes.ociManifest, tag)
  return image
}

/** Pushes images as an index under a tag, one for each architecture; returns the index's bytes. */
export async function publishIndex(
  host: string,
  repository: string,
  images: Record<string, Image>,
  tag: string,
): Promise<Buffer> {
  for (const image of Object.values(images)) await publish(host, repository, image)
  const manifests = Object.entries(images).map(([architecture, { manifest, digest }]) => ({
    mediaType: mediaTypes.ociManifest,
    digest,
    size: manifest.length,
    platform: { os: 'linux', architecture },
  }))
  // Written as no tool of ours writes it: it must cross byte for byte.
  const index = Buffer.from(
    `${JSON.stringify({ manifests, mediaType: mediaTypes.ociIndex, schemaVersion: 2 }, null, 3)}\n`,
  )
  await putManifest(host, repository, index, mediaTypes.ociIndex, tag)
  return index
}

/** Pushes what refers to an image (image-spec, "subject"), as cosign and oras do; returns the artifact's digest. */
export async function publishReferrer(
  host: string,
  repository: string,
  image: Image,
  payload: Buffer,
): Promise<string> {
  const empty = Buffer.from('{}')
  const describe = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: digestOf(bytes), size: bytes.length })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: 'application/vnd.dev.cosign.simplesigning.v1+json',
      config: describe(empty, 'application/vnd.oci.empty.v1+json'),
      layers: [describe(payload, 'application/vnd.dev.cosign.simplesigning.v1+json')],
      subject: describe(image.manifest, mediaTypes.ociManifest),
    }),
  )
  for (const bytes of [empty, payload]) await putBlob(host, repository, bytes)
  // As a tag too: registries of before referrers (distribution v3 is one) find it by cosign's scheme alone.
  await putManifest(host, repository, manifest, mediaTypes.ociManifest, `${image.digest.replace(':', '-')}.sig`)
  return digestOf(manifest)
}
