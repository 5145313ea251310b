import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { requireSpace } from '../../lib/disk.ts'
import { type Cache, isCached } from '../cache.ts'
import { type BlobRef, eachOnce } from '../format/parts.ts'

/** Bytes of `blobs`, each once, that the cache lacks; what an earlier run began counts as there. */
export async function missingBytes(cache: Cache, blobs: readonly BlobRef[]): Promise<number> {
  const begun = new Map<string, number>()
  const folder = join(cache.root, 'partial')
  for (const name of await readdir(folder)) {
    const { size } = await stat(join(folder, name)).catch(() => ({ size: 0 }))
    const digest = `sha256:${name.split('.')[0]}`
    begun.set(digest, Math.max(size, begun.get(digest) ?? 0))
  }
  let missing = 0
  for (const blob of eachOnce(blobs))
    if (!(await isCached(cache, blob))) missing += Math.max(0, blob.size - (begun.get(blob.digest) ?? 0))
  return missing
}

/** Sizes are what manifests claim: throws `failed` before a byte is fetched when the cache's disk has no room for what of `blobs` it lacks. */
export async function requireSpaceFor(cache: Cache, blobs: readonly BlobRef[]): Promise<void> {
  const missing = await missingBytes(cache, blobs)
  if (missing > 0) await requireSpace(cache.root, missing, 'what is to be fetched')
}
