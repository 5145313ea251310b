// What is known of a bundle's bytes before they are there: by the lock, or by what registries say.
import { binaryPaths } from '../../cluster/components.ts'
import { blobsOfImage, type Lock } from '../../cluster/lock.ts'
import type { BlobRef } from '../format/parts.ts'
import { blobsOfCharts } from '../produce/charts.ts'

/** What a lock says that a bundle carries, but for what is assembled here. */
export function carriedBlobs(lock: Lock): BlobRef[] {
  const placed = Object.entries(lock.components).flatMap(([name, entry]) =>
    entry && name in binaryPaths ? [entry.binary] : [],
  )
  const plain = [...lock.packages, ...lock.manifests, ...lock.releases, ...lock.files]
  return [...placed, ...plain, ...lock.images.flatMap(blobsOfImage), ...blobsOfCharts(lock.charts)]
}

/** The programs of the images that are assembled here: all that a lock says of what is in them. */
export function programsInImages(lock: Lock): BlobRef[] {
  return Object.entries(lock.components).flatMap(([name, entry]) =>
    entry && !(name in binaryPaths) ? [entry.binary] : [],
  )
}
