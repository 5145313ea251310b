import { createPrivateKey } from 'node:crypto'
import { dirname } from 'node:path'
import type { LockedImage } from '../../cluster/lock.ts'
import { type Disk, disksFor } from '../../lib/disk.ts'
import { hexOf } from '../../lib/hash.ts'
import { createOutput } from '../../lib/output.ts'
import { deltaOf } from '../delta/layout.ts'
import { signatureSize } from '../format/names.ts'
import { eachOnce } from '../format/parts.ts'
import { newKeyPair } from '../keys.ts'
import { produceCluster } from '../produce/cluster.ts'
import { resolveWanted } from '../produce/images.ts'
import type { ProduceOptions } from '../produce/produce.ts'
import { entrySize } from '../tar.ts'
import { layOut } from '../write/layout.ts'
import { planVolumes } from '../write/volumes.ts'
import { carriedBlobs, programsInImages } from './known.ts'
import {
  costIn,
  type PlannedPart,
  planCharts,
  planExecutable,
  planFiles,
  planImages,
  planPackages,
  planPrograms,
} from './parts.ts'
import { readPlanned } from './read.ts'

export interface PlanOptions extends ProduceOptions {
  /** Where the bundle would go. */
  target: string
  /**
   * The executable's bytes and, of a delta, its digest; of one that is yet to be made about what its making gives, and no digest. `from`:
   * where a Node for it is fetched.
   */
  executable: { size: number; exact: boolean; digest?: string | undefined; from?: string | undefined }
  volumeSize: number | undefined
  tool: string
  builder: string | undefined
  built: string | undefined
}

interface BundlePlan {
  parts: PlannedPart[]
  /** Bytes that come over the network; not exact: without what nobody can say before. */
  fetch: { bytes: number; exact: boolean }
  /** Bytes of the bundle; not exact: about, and with no lock without what only a lock says. */
  bundle: { bytes: number; exact: boolean }
  /** What cache and bundle take, and what is free. */
  disks: Disk[]
}

/** What a build would do now. Reads cache and lock, and with no lock asks what images and releases are; fetches no layer and writes no bundle. */
export async function planBundle(options: PlanOptions): Promise<BundlePlan> {
  const quiet = { ...options, out: createOutput({ format: 'table', quiet: true, verbose: false, color: false }) }
  const cost = costIn(options)
  const images = await resolveWanted(quiet)
  const read = await readPlanned(options, images)
  const parts = [
    ...planExecutable(options.executable),
    ...(await planPrograms(options)),
    ...(await planPackages(options, cost)),
    ...(await planImages(images, cost)),
    ...(await planCharts(options, cost)),
    ...(await planFiles(options, read, cost)),
  ]
  const bytes = parts.reduce((sum, { fetch }) => sum + (fetch ?? 0), 0)
  const cached = parts.reduce(
    (sum, { kind, fetch }) => sum + (options.noCache && kind === 'image' ? 0 : (fetch ?? 0)),
    0,
  )
  const made = parts.every(({ kind, todo }) => !['programs', 'packages'].includes(kind) || todo === 'nothing')
  const bundle = await sizeOf(quiet, parts, images, made)
  return {
    parts,
    fetch: { bytes, exact: parts.every(({ fetch }) => fetch !== null) },
    bundle,
    disks: await disksFor([
      { folder: options.cache.root, bytes: cached },
      { folder: dirname(options.target), bytes: bundle.bytes },
    ]),
  }
}

/** The bundle's size: laid out as a build would do it when everything that is assembled here is there, else by what is known. */
async function sizeOf(
  options: PlanOptions,
  parts: readonly PlannedPart[],
  carried: readonly LockedImage[],
  made: boolean,
): Promise<BundlePlan['bundle']> {
  const { pins, executable, spec, tool, builder, built, base } = options
  const parcel = { digest: executable.digest ?? unknown, size: executable.size, parts: [] }
  const known = pins ? [...carriedBlobs(pins), ...programsInImages(pins)] : parts.flatMap(({ blobs }) => blobs)
  if (!pins || !made)
    return {
      bytes: eachOnce([parcel, ...known])
        .filter(({ digest }) => !base?.blobs.has(hexOf(digest)))
        .reduce((sum, { size }) => sum + entrySize(size), 0),
      exact: false,
    }
  const own = await produceCluster(options)
  const blobs = eachOnce([...own.blobs, ...carriedBlobs(pins)]).map(({ digest, size }) => ({ digest, size, parts: [] }))
  const images = carried.map(({ name, mediaType, digest, size }) => ({ name, mediaType, manifest: { digest, size } }))
  const named = { name: spec.name, version: spec.version }
  // Any key: every one of them signs in as many bytes.
  const key = createPrivateKey(newKeyPair().privateKey)
  const layout = layOut({
    ...named,
    tool,
    builder,
    built,
    lock: pins,
    images: [...own.images, ...images],
    blobs,
    executable: parcel,
    executableSignature: Buffer.alloc(signatureSize),
    key,
  })
  const file = base ? deltaOf(layout, named, base, key) : layout
  if (options.volumeSize && executable.exact) planVolumes(file, { ...named, volumeSize: options.volumeSize })
  return { bytes: file.size, exact: base ? executable.digest !== undefined : executable.exact }
}

/** What no base has: an executable that is yet to be made. */
const unknown = `sha256:${'0'.repeat(64)}`
