import * as v from 'valibot'
import { byDigest, namesOfImage } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { parseJson } from '../../lib/json.ts'
import { oci } from './names.ts'
import type { BlobRef } from './parts.ts'

/** An image as the index names it. */
export interface IndexedImage {
  /** `redoubt.dev/etcd:v3.6.8`; without a tag when it is known by digest alone. */
  name: string
  manifest: BlobRef
  /** Of the manifest, or of the index that an image for many platforms is. */
  mediaType: string
}

/** The name of an image by digest: `redoubt.dev/etcd@sha256:...`. */
export function digestName(image: IndexedImage): string {
  return byDigest(image.name, image.manifest.digest)
}

/**
 * `index.json` of an OCI layout: each image by tag, if it has one, and by digest, so that an import makes both names and a pod can name it
 * by digest. containerd reads the first annotation, skopeo and crane the second (image-spec annotations.md).
 */
export function writeIndex(images: readonly IndexedImage[]): Buffer {
  const manifests = images.flatMap((image) =>
    namesOfImage(image.name, image.manifest.digest).map((name) => ({
      mediaType: image.mediaType,
      digest: image.manifest.digest,
      size: image.manifest.size,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    })),
  )
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: oci.index, manifests }))
}

const descriptor = v.object({ digest: v.string(), size: v.number() })
const manifestSchema = v.object({ config: descriptor, layers: v.array(descriptor) })
const indexSchema = v.object({ manifests: v.array(descriptor) })

/**
 * What a manifest names: its config, then its layers; an index names manifests, of which a bundle may hold some. Throws `integrity`
 * when it is neither.
 */
export function blobsOfManifest(data: Buffer, where: string): { blobs: BlobRef[]; manifests: BlobRef[] } {
  const value = parseJson(data)
  if (value === undefined) return fail('integrity', 'is no JSON', { where })
  const index = v.safeParse(indexSchema, value)
  if (index.success) return { blobs: [], manifests: index.output.manifests }
  const result = v.safeParse(manifestSchema, value)
  if (!result.success) return fail('integrity', 'is no image manifest', { where })
  return { blobs: [result.output.config, ...result.output.layers], manifests: [] }
}
