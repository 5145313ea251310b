import { blobPath, names } from '../format/names.ts'
import type { ContentsEntry } from '../format/statement.ts'
import type { BundleHead } from '../read.ts'
import { blockSize } from '../tar.ts'

/** The executable as an entry: it is the first, and only the statement names it. */
export function executableEntry({ statement }: BundleHead): ContentsEntry {
  return { path: names.executable, offset: blockSize, ...statement.executable }
}

/** Entries by path: there may be tens of thousands, and each is looked for. */
const paths = new WeakMap<BundleHead, Map<string, ContentsEntry>>()

/** The entry of a blob (`sha256:HEX`); undefined when the bundle does not hold it. */
export function blobEntry(head: BundleHead, digest: string): ContentsEntry | undefined {
  const known = paths.get(head) ?? new Map(head.contents.map((entry) => [entry.path, entry]))
  paths.set(head, known)
  return known.get(blobPath(digest))
}

/** Where the bytes of a SHA-256 (hex) are in a bundle, by what its signature vouches for. */
export function placesOf(head: BundleHead): Map<string, ContentsEntry> {
  return new Map([executableEntry(head), ...head.contents].map((entry) => [entry.sha256, entry]))
}
