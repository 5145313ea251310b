// A bundle as its signature says that it must be, to the byte: what threads can check while they hash, without a walk from header to header.
import type { BundleHead } from '../read.ts'
import { blockSize, entrySize, trailerSize } from '../tar.ts'
import { headerOf } from './archive.ts'
import type { Range } from './hash-thread.ts'
import { executableEntry } from './places.ts'

/**
 * Each entry with its header before and its padding behind it, the last with the archive's end. Undefined where they do not follow one
 * another without a gap, or are not all in files: then nothing is said of what is wrong.
 */
export function framedRanges(head: BundleHead): { ranges: Range[]; digests: string[] } | undefined {
  const { archive, leading, contents } = head
  if (archive.file.slices.some(({ handle }) => !handle)) return undefined
  const ranges: Range[] = []
  let next = 0
  for (const { path, offset, size } of [executableEntry(head), ...contents]) {
    // What stands between the executable and the contents was read already.
    if (ranges.length === 1) {
      if (next !== leading[1]?.header) return undefined
      next = leading.at(-1)?.next ?? 0
    }
    const last = ranges.length === contents.length
    const length = entrySize(size) + (last ? trailerSize : 0)
    if (offset !== next + blockSize || next + length > archive.size) return undefined
    ranges.push({ size, before: () => headerOf(path, size) ?? none, pieces: archive.file.pieces(next, length) })
    next += length
  }
  if (next !== archive.size) return undefined
  return { ranges, digests: [head.statement.executable.sha256, ...contents.map(({ sha256 }) => sha256)] }
}

/** Where an entry has no header that we write: what no file has there. */
const none = Buffer.alloc(blockSize, 0xff)
