import { hexOf } from '../../lib/hash.ts'
import type { BlobRef } from '../format/parts.ts'
import { type BundleItem, describeContents } from '../read/describe.ts'
import { imageSizes } from '../read/image-archive.ts'
import type { BundleHead } from '../read.ts'

/**
 * What of a bundle crosses, each with all its bytes that do: of a delta not what is left out, `leftOut` by SHA-256 (hex). Reads manifests of
 * images. Throws `integrity`.
 */
export async function itemsThatCross(head: BundleHead, leftOut: ReadonlySet<string>): Promise<BundleItem[]> {
  const sum = (blobs: readonly BlobRef[]) =>
    blobs.reduce((bytes, { digest, size }) => bytes + (leftOut.has(hexOf(digest)) ? 0 : size), 0)
  const sizes = await imageSizes(head, leftOut)
  // Of these the lock itself names every blob, also those that no manifest which crosses names.
  for (const { digest, blobs } of head.lock.images) sizes.set(digest, sum(blobs))
  const items = describeContents(head).map(({ sizeOf, ...item }) => ({
    ...item,
    size: sizes.get(item.digest) ?? sum([item]),
  }))
  return leftOut.size === 0 ? items : items.filter(({ size }) => size > 0)
}
