import { RedoubtError } from '../../lib/errors.ts'
import { volumeHeader } from '../format/volumes.ts'
import { type Archive, readAt } from '../read/archive.ts'
import type { Slice } from '../read/file.ts'
import { hashRanges } from '../read/hash-workers.ts'
import type { BlobRegion, KnownRegion } from './regions.ts'

export interface HashOptions {
  /** Threads that hash. */
  jobs: number
  onBytes: (count: number) => void
  signal: AbortSignal
}

/** Those of `blobs` whose bytes, at their offsets in this copy, are not the signed ones. */
export async function wrongBlobs<T extends BlobRegion>(
  archive: Archive,
  blobs: readonly T[],
  options: HashOptions,
): Promise<T[]> {
  const ranges = blobs.map(({ offset, size }) => ({ size, pieces: piecesThere(archive, offset, size) }))
  const found = await hashRanges(ranges, options.jobs, options.onBytes, options.signal)
  return blobs.filter(({ sha256 }, index) => found[index] !== sha256)
}

/** Where a range is; nothing when a part of it is in a volume that is not there. */
function piecesThere(archive: Archive, offset: number, size: number) {
  try {
    return archive.file.pieces(offset, size)
  } catch (error) {
    if (error instanceof RedoubtError) return []
    throw error
  }
}

/** Those of `known` that a copy does not have as they should be. */
export async function wrongKnown(archive: Archive, known: readonly KnownRegion[]): Promise<KnownRegion[]> {
  const wrong: KnownRegion[] = []
  for (const region of known) if (!(await isThere(archive, region))) wrong.push(region)
  return wrong
}

async function isThere(archive: Archive, { offset, bytes }: KnownRegion): Promise<boolean> {
  try {
    return (await readAt(archive, offset, bytes.length, 'it')).equals(bytes)
  } catch (error) {
    if (error instanceof RedoubtError) return false
    throw error
  }
}

/** A file of a copy whose header or length is not as it should be. */
export interface WrongFile {
  slice: Slice
  header: Buffer
  /** Bytes that the file should have. */
  length: number
}

/** The files of a copy that are missing, have a wrong header or a wrong length, for a bundle of `size` bytes. */
export async function wrongFiles({ file, volumes }: Archive, size: number): Promise<WrongFile[]> {
  const wrong: WrongFile[] = []
  for (const [index, slice] of file.slices.entries()) {
    const header = volumes ? volumeHeader(volumes.list, volumes.listSignature, index + 1) : Buffer.alloc(0)
    const length = volumes ? slice.skip + slice.size : size
    const found = Buffer.alloc(header.length)
    await slice.handle?.read(found, 0, header.length, 0).catch(() => undefined)
    if ((await slice.handle?.stat())?.size !== length || !found.equals(header)) wrong.push({ slice, header, length })
  }
  return wrong
}
