import { dirname } from 'node:path'
import { blobsOfImage, type Lock, type LockedChart, type LockedImage } from '../../cluster/lock.ts'
import { disksFor, refuseFull } from '../../lib/disk.ts'
import { hexOf } from '../../lib/hash.ts'
import { clearLeftovers } from '../../lib/leftovers.ts'
import type { Cache } from '../cache.ts'
import type { Inventory } from '../delta/inventory.ts'
import { eachOnce } from '../format/parts.ts'
import { blobsOfCharts } from '../produce/charts.ts'
import { missingBytes } from '../registry/space.ts'
import { entrySize } from '../tar.ts'
import { carriedBlobs, programsInImages } from './known.ts'

/** What is known before anything large is fetched, and where it goes; without a target no bundle will be written. */
interface Known {
  cache: Cache
  target: string | undefined
  /** Of a delta: what the other side has. */
  base: Inventory | undefined
  pins: Lock | undefined
  images: readonly LockedImage[]
  charts: readonly LockedChart[]
  /** Layers of images do not go into the cache. */
  noCache: boolean
}

/**
 * Throws `failed` before a program is compiled or a layer fetched when the disks have no room for what the cache lacks and for the bundle;
 * of what no lock pins yet nothing is known.
 */
export async function requireRoom({ cache, target, base, pins, images, charts, noCache }: Known): Promise<void> {
  const ofImages = images.flatMap(blobsOfImage)
  const others = [
    ...blobsOfCharts(charts),
    ...(pins ? [...carriedBlobs({ ...pins, images: [], charts: [] }), ...programsInImages(pins)] : []),
  ]
  const blobs = eachOnce([...ofImages, ...others])
  const written = blobs.filter(({ digest }) => !base?.blobs.has(hexOf(digest)))
  // What a killed build left where the bundle goes would count as taken.
  if (target) await clearLeftovers(target)
  const disks = await disksFor([
    { folder: cache.root, bytes: await missingBytes(cache, noCache ? others : blobs) },
    ...(target
      ? [{ folder: dirname(target), bytes: written.reduce((sum, { size }) => sum + entrySize(size), 0) }]
      : []),
  ])
  refuseFull(disks, target ? 'what is to be fetched, with the bundle,' : 'what is to be fetched')
}
