import type { DeltaList } from '../format/delta.ts'
import { names } from '../format/names.ts'
import type { Archive } from '../read/archive.ts'
import { type BundleFile, cutSlices, joinSlices, type Slice } from '../read/file.ts'
import { entrySize, paddingOf, tarHeader } from '../tar.ts'

/** Where the base has a blob: its offset there. */
export interface Base {
  file: BundleFile
  /** What to say of it in errors: its path. */
  path: string
  /** Offsets by SHA-256 (hex); undefined when it lacks one. */
  offsetOf: (sha256: string) => number | undefined
}

const zeros = Buffer.alloc(512)

/**
 * The bundle that a delta and its base make, as if it were one file: what the delta carries, what the base holds, and around that the headers
 * and the padding that it must have. Without a base, or one that lacks a blob, reading there fails. `skip`: bytes of the delta's own entries.
 */
export function joinDelta(delta: Archive, skip: number, list: DeltaList, base: Base | undefined): BundleFile {
  const slices: Slice[] = []
  let inDelta = skip
  let done = 0
  const carry = (until: number) => {
    slices.push(...cutSlices(delta.file, inDelta, until - done, done))
    inDelta += until - done
    done = until
  }
  const make = (size: number, bytes: () => Buffer) => {
    if (size > 0) slices.push({ path: delta.path, handle: undefined, start: done, size, skip: 0, bytes })
    done += size
  }
  for (const { path, offset, size, sha256 } of list.needs) {
    const header = entrySize(0)
    carry(offset - header)
    make(header, () => tarHeader({ path, type: 'file', mode: path === names.executable ? 0o755 : 0o644, size }))
    const at = base?.offsetOf(sha256)
    if (base && at !== undefined) slices.push(...cutSlices(base.file, at, size, done))
    else if (size > 0) slices.push({ path: base?.path ?? delta.path, handle: undefined, start: done, size, skip: 0 })
    done += size
    make(paddingOf(size), () => zeros.subarray(0, paddingOf(size)))
  }
  carry(list.size)
  return joinSlices(slices)
}
