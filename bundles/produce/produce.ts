import { resolve } from 'node:path'
import type { BundleSpec } from '../../cluster/bundle.ts'
import { blobsOfImage, type Lock, type LockedFile, type LockedImage } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { countOf } from '../../lib/output.ts'
import { cachedBlob, cachedPath } from '../cache.ts'
import { type Closure, refuseGaps } from '../closure/closure.ts'
import type { Inventory } from '../delta/inventory.ts'
import type { IndexedImage } from '../format/oci-index.ts'
import { type Blob, eachOnce } from '../format/parts.ts'
import { compareLocks, type Difference } from '../lock-diff.ts'
import { requireRoom } from '../plan/room.ts'
import { readFiles } from '../sources/file.ts'
import type { Target } from '../sources/registry.ts'
import { readCargo } from './cargo.ts'
import { blobsOfCharts } from './charts.ts'
import { produceCluster } from './cluster.ts'
import { collectReleases } from './files.ts'
import { collectWanted } from './images.ts'
import { tellForeignFiles } from './machines.ts'
import { isMoved } from './moves.ts'
import type { ProgramOptions } from './programs.ts'

/** Everything that goes into a bundle but for the executable, and the lock that says what it is. */
export interface Product {
  lock: Lock
  images: IndexedImage[]
  /** Every blob, each digest once. */
  blobs: Blob[]
  /** Fetches those of images, which everything else does not wait for: into the cache, or a target, as collectImages does. */
  fetch: (target?: Target) => Promise<ReadonlySet<string>>
}

export interface ProduceOptions extends ProgramOptions {
  /** Requests to registries and other hosts at once: they wait more than they work. */
  connections: number
  spec: BundleSpec
  /** The workspace's folder: `spec.bundle.files` are relative to it. */
  workspace: string
  /** Where a bundle goes that is made of it: there must be room for it before anything is fetched. */
  target?: string
  /** Whether the cluster's pods may name images by digest only. */
  byDigest?: boolean
  /** What the other side has: of a delta, what it leaves out. */
  base?: Inventory | undefined
  /** Layers go into the bundle alone. */
  noCache?: boolean
}

/**
 * Gets every part of a bundle into the cache, but for what the product fetches later. With pins, exactly those: an output that differs from its pin is refused with `failed`.
 */
export async function produce(options: ProduceOptions): Promise<Product> {
  const { cache, catalog, architecture, pins, spec } = options
  const { charts, manifests, images: carried, closure } = await readCargo(options)
  refuseGaps(closure, spec)
  warnOf(closure, options)
  const { target, base, noCache = false } = options
  await requireRoom({ cache, target, base, pins, images: carried, charts: charts.map(({ locked }) => locked), noCache })
  const own = await produceCluster(options)
  const releases = await collectReleases(options)
  const files = await readFiles(spec, options.workspace)
  const chosen = [
    ...files.map(({ name }, index) => ({ name, path: resolve(options.workspace, spec.files[index]?.path ?? '') })),
    ...releases.map(({ name, digest }) => ({ name, path: cachedPath(cache, digest) })),
  ]
  for (const text of await tellForeignFiles(chosen, architecture)) options.out.warn(text)
  const lock: Lock = {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'Lock',
    kubernetes: catalog.kubernetes,
    architecture,
    components: own.components,
    packages: own.packages,
    imagePackages: own.imagePackages,
    files: files.map(named),
    images: carried,
    charts: charts.map(({ locked }) => locked),
    manifests: manifests.map(named),
    releases,
  }
  if (pins) refuseDifferences(pins, lock, options.moving)
  const fetched = [...carried.flatMap(blobsOfImage), ...blobsOfCharts(lock.charts), ...releases]
  const blobs = eachOnce([
    ...own.blobs,
    ...fetched.map((ref) => cachedBlob(cache, ref)),
    ...[...files, ...manifests].map(({ blob }) => blob),
  ])
  const fetch = (target?: Target) => collectWanted(options, carried, target)
  return { lock, images: [...own.images, ...carried.map(indexed)], blobs, fetch }
}

/** What does not stop a build, and somebody should know. */
function warnOf({ images, unused, helm, computed, tagged }: Closure, { out, spec, byDigest }: ProduceOptions): void {
  if (byDigest && tagged.length > 0)
    out.warn(
      `${countOf(tagged.length, 'image')} named by tag: pods of this cluster need the digest: redoubt bundle images`,
    )
  const maybe = images.filter(({ state }) => state === 'maybe').length
  if (maybe > 0) out.warn(`${countOf(maybe, 'text')} may name images that are not carried: redoubt bundle images`)
  for (const { image } of unused) out.warn(`notImages: nothing names ${image} any more`)
  if (spec.charts.length > 0 && !helm)
    out.warn(
      `helm is not on PATH: charts were read from values and templates${computed.length > 0 ? `, and ${countOf(computed.length, 'template')} could not be told` : ''}`,
    )
}

/** As a lock has it. */
export function named({ name, blob }: { name: string; blob: Blob }): LockedFile {
  return { name, digest: blob.digest, size: blob.size }
}

function indexed({ name, mediaType, digest, size }: LockedImage): IndexedImage {
  return { name, mediaType, manifest: { digest, size } }
}

/** What moves these pins and no others: their names, where all of them are from redoubt.yaml and few. */
function namesIn(differences: readonly Difference[]): string {
  const own = ['file', 'image', 'chart', 'manifest', 'release']
  const named = differences.map(({ kind, what }) => (own.includes(kind) ? what.slice(kind.length + 1) : ''))
  return named.length <= 8 && named.every((name) => /^\S+$/.test(name)) ? ` ${named.join(' ')}` : ''
}

/** Throws `failed` naming what was not built as it is pinned, but for what moves. */
export function refuseDifferences(pins: Lock, built: Lock, moving: ReadonlySet<string>): void {
  const differences = compareLocks(pins, built).filter((difference) => !isMoved(difference, moving))
  if (differences.length === 0) return
  const shown = differences.slice(0, 8).map(({ what, before, after }) => `${what}: pinned ${before}, built ${after}`)
  const more = differences.length > shown.length ? [`and ${differences.length - shown.length} more`] : []
  fail('failed', `what was built is not what the lock pins:\n  ${[...shown, ...more].join('\n  ')}`, {
    where: 'redoubt.lock.yaml',
    hint: `If the change is wanted, move the pins with \`redoubt bundle lock --update${namesIn(differences)}\`; else find out what differs on this machine.`,
  })
}
