import * as v from 'valibot'
import { byDigest } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { oci } from './names.ts'
import type { BlobRef } from './parts.ts'

/** An image as the index names it. */
export interface IndexedImage {
  /** `redoubt.dev/etcd:v3.6.8` */
  name: string
  manifest: BlobRef
}

/** The name of an image by digest: `redoubt.dev/etcd@sha256:...`. */
export function digestName(image: IndexedImage): string {
  return byDigest(image.name, image.manifest.digest)
}

/**
 * `index.json` of an OCI layout: each image twice, by tag and by digest, so that an import makes both names and a pod can name it
 * by digest. containerd reads the first annotation, skopeo and crane the second (image-spec annotations.md).
 */
export function writeIndex(images: readonly IndexedImage[]): Buffer {
  const manifests = images.flatMap((image) =>
    [image.name, digestName(image)].map((name) => ({
      mediaType: oci.manifest,
      digest: image.manifest.digest,
      size: image.manifest.size,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    })),
  )
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: oci.index, manifests }))
}

const descriptor = v.object({ digest: v.string(), size: v.number() })
const manifestSchema = v.object({ config: descriptor, layers: v.array(descriptor) })

/** The blobs that an image's manifest names: config, then layers. Throws `integrity` when it is no manifest. */
export function blobsOfManifest(data: Buffer, where: string): BlobRef[] {
  let value: unknown
  try {
    value = JSON.parse(data.toString('utf8'))
  } catch {
    return fail('integrity', 'is no JSON', { where })
  }
  const result = v.safeParse(manifestSchema, value)
  if (!result.success) return fail('integrity', 'is no OCI image manifest', { where })
  return [result.output.config, ...result.output.layers]
}
