import { throwIfAborted } from '../../lib/exec.ts'
import { type Blob, hashParts, readParts } from '../format/parts.ts'
import { whereIs } from '../read/archive.ts'
import { placesOf } from '../read/places.ts'
import { readChecked } from '../read.ts'
import type { Copy } from './copies.ts'
import { type HashOptions, wrongBlobs } from './damage.ts'
import type { BlobRegion } from './regions.ts'

/** A damaged blob, and where its right bytes are. */
export interface Find {
  region: BlobRegion
  /** A path, or `the cache`. */
  from: string
  /** Reads them; the last step throws `integrity` when they are not right after all. */
  read: () => AsyncIterable<Uint8Array>
}

/**
 * Looks the damaged blobs up: in copies, the first that has one right is taken, then among `further`, which is asked for only when something
 * is left. A copy whose own head is whole may be of another bundle: of it, what has the same digest. Nothing is believed before it was hashed.
 */
export async function findBlobs(
  damaged: readonly BlobRegion[],
  copies: readonly Copy[],
  further: () => Promise<ReadonlyMap<string, Blob>>,
  options: HashOptions,
): Promise<{ finds: Find[]; lost: BlobRegion[] }> {
  const finds: Find[] = []
  let lost = [...damaged]
  for (const { archive, head } of copies) {
    const places = head && placesOf(head)
    const candidates = lost.flatMap((region) => {
      const place = places ? places.get(region.sha256) : region
      return place ? [{ ...place, region }] : []
    })
    const wrong = new Set(await wrongBlobs(archive, candidates, options))
    for (const candidate of candidates)
      if (!wrong.has(candidate))
        finds.push({
          region: candidate.region,
          from: whereIs(archive, candidate.offset),
          read: () => readChecked({ archive }, candidate),
        })
    lost = lost.filter((region) => !finds.some((find) => find.region === region))
  }
  const more = lost.length > 0 ? await further() : new Map<string, Blob>()
  for (const region of [...lost]) {
    const blob = more.get(region.sha256)
    throwIfAborted(options.signal)
    if (!blob || !(await isRight(blob, options.onBytes))) continue
    finds.push({ region, from: 'the cache', read: () => readParts(blob.parts) })
    lost = lost.filter((other) => other !== region)
  }
  return { finds, lost }
}

async function isRight(blob: Blob, onBytes: (count: number) => void): Promise<boolean> {
  try {
    return (await hashParts(blob.parts, onBytes)).digest === blob.digest
  } catch {
    // A file of the cache that is gone or changed is no source.
    return false
  }
}
