// Whose a blob is: a digest alone tells a person nothing.
import { blobsOfImage, type Lock } from '../../cluster/lock.ts'
import { RedoubtError } from '../../lib/errors.ts'
import { inBrief } from '../../lib/plain.ts'
import type { BlobRef } from '../format/parts.ts'

/** As ownerOf; undefined too where the lock, read only now, is none that this redoubt reads: damage and repair do not depend on it. */
export function ownerIn(from: { readonly lock?: Lock }, digest: string): string | undefined {
  try {
    return from.lock && ownerOf(from.lock, digest)
  } catch (error) {
    if (error instanceof RedoubtError) return undefined
    throw error
  }
}

/** What of a bundle a blob belongs to, by the lock: `image docker.io/library/nginx:1.27`. Undefined when the lock does not say. */
export function ownerOf(lock: Lock, digest: string): string | undefined {
  const components = Object.entries(lock.components).flatMap(([name, entry]) => (entry ? [{ name, ...entry }] : []))
  const held: [string, readonly BlobRef[]][] = [
    ...components.flatMap(({ name, image, binary }): [string, readonly BlobRef[]][] =>
      image ? [[`image ${image.name}`, [image]]] : [[`program ${name}`, [binary]]],
    ),
    ...lock.packages.map((one): [string, BlobRef[]] => [`package ${one.name} ${one.version}`, [one]]),
    ...lock.images.map((one): [string, BlobRef[]] => [`image ${one.name}`, blobsOfImage(one)]),
    ...lock.charts.map(({ name, version, archive, artifact }): [string, BlobRef[]] => [
      `chart ${name} ${version}`,
      artifact?.blobs ?? [archive],
    ]),
    ...(['manifest', 'release', 'file'] as const).flatMap((kind) =>
      lock[`${kind}s`].map((one): [string, BlobRef[]] => [`${kind} ${one.name}`, [one]]),
    ),
  ]
  const owners = held.flatMap(([owner, blobs]) => (blobs.some((blob) => blob.digest === digest) ? [owner] : []))
  if (owners.length > 0) return inBrief(owners.join(', '), 500)
  // The lock pins the manifests of these alone.
  return components.some(({ image }) => image) ? 'an image of redoubt’s own' : undefined
}
