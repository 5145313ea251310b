import type { FileHandle } from 'node:fs/promises'
import { errnoOf, fail } from '../../lib/errors.ts'

/** A file that holds a part of the bundle: all of it, or a volume's slice. */
export interface Slice {
  path: string
  /** Undefined when the volume is not there. */
  handle: FileHandle | undefined
  /** Where in the bundle it starts, its bytes, and how many bytes of its own come before them. */
  start: number
  size: number
  skip: number
  /** Bytes that no file has to hold: all of the slice. */
  bytes?: () => Buffer
}

/** Bytes of one open file. */
export interface Piece {
  fd: number
  offset: number
  size: number
}

/** A bundle's bytes, wherever they are: one file, or the slices of its volumes, read in place. Offsets are the bundle's. */
export interface BundleFile {
  slices: readonly Slice[]
  /** As FileHandle.read: it may read less than asked, and 0 bytes at the end. Throws `integrity` in a volume that is not there. */
  read(buffer: Buffer, at: number, length: number, position: number): Promise<{ bytesRead: number; buffer: Buffer }>
  /** Where a range is, for threads that read by themselves. Throws as read(). */
  pieces(offset: number, size: number): Piece[]
  /** The file that holds a byte: for errors. */
  pathAt(offset: number): string
  close(): Promise<void>
}

/** Slices, in the order of the bundle and without gaps, as one file. */
export function joinSlices(slices: readonly Slice[]): BundleFile {
  const sliceAt = (offset: number): Slice => slices[indexAt(slices, offset)] as Slice
  return {
    slices,
    read: async (buffer, at, length, position) => {
      const slice = sliceAt(position)
      const within = position - slice.start
      const count = slices.length === 1 ? length : Math.max(0, Math.min(length, slice.size - within))
      if (slice.bytes) return { bytesRead: slice.bytes().copy(buffer, at, within, within + count), buffer }
      try {
        return await handleOf(slice).read(buffer, at, count, slice.skip + within)
      } catch (error) {
        if (errnoOf(error) !== 'EIO') throw error
        return fail('integrity', `cannot be read at byte ${slice.skip + within}: the disk or medium fails`, {
          where: slice.path,
          hint: 'Copy the file to another disk; `redoubt bundle repair` takes what is lost from a second copy.',
          cause: error,
        })
      }
    },
    pieces: (offset, size) => {
      const pieces: Piece[] = []
      for (let at = offset; at < offset + size; ) {
        const slice = sliceAt(at)
        const within = at - slice.start
        const count = slice === slices.at(-1) ? offset + size - at : Math.min(offset + size - at, slice.size - within)
        pieces.push({ fd: handleOf(slice).fd, offset: slice.skip + within, size: count })
        at += count
      }
      return pieces
    },
    pathAt: (offset) => sliceAt(offset).path,
    close: async () => {
      await Promise.all(slices.map(({ handle }) => handle?.close()))
    },
  }
}

/** The slice that holds a byte; the last one when it is behind all. */
function indexAt(slices: readonly Slice[], offset: number): number {
  let [low, high] = [0, slices.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    const { start, size } = slices[middle] as Slice
    if (offset < start + size) high = middle
    else low = middle + 1
  }
  return low
}

/** The slices of a range of a file, for another one in which it starts at `start`. They share the file's handles. */
export function cutSlices({ slices }: BundleFile, offset: number, size: number, start: number): Slice[] {
  const cut: Slice[] = []
  for (let at = offset, index = indexAt(slices, offset); at < offset + size; index++) {
    const slice = slices[index]
    if (!slice) break
    const within = at - slice.start
    const last = index === slices.length - 1
    const count = last ? offset + size - at : Math.min(offset + size - at, slice.size - within)
    cut.push({
      path: slice.path,
      handle: slice.handle,
      start: start + at - offset,
      size: count,
      skip: slice.skip + within,
    })
    at += count
  }
  return cut
}

function handleOf({ path, handle }: Slice): FileHandle {
  return (
    handle ??
    fail('integrity', 'is missing: what is asked for stands in this volume', {
      where: path,
      hint: 'Copy it beside the others.',
    })
  )
}
