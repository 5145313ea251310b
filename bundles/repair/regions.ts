import { fail } from '../../lib/errors.ts'
import { names } from '../format/names.ts'
import { readContent } from '../read/archive.ts'
import type { BundleHead } from '../read.ts'
import { paddingOf, tarHeader, trailerSize } from '../tar.ts'

/** Bytes of a bundle that its head says: headers, padding, the head itself, the end. */
export interface KnownRegion {
  offset: number
  bytes: Buffer
}

/** Bytes of which the head says the digest: the executable and every entry behind the head. */
export interface BlobRegion {
  path: string
  offset: number
  size: number
  sha256: string
}

/** Every byte that a bundle has, by its checked head. Throws `integrity` for contents that overlap or leave gaps. */
export async function regionsOf(
  head: BundleHead,
): Promise<{ known: KnownRegion[]; blobs: BlobRegion[]; size: number }> {
  const { archive, leading, contents, statement } = head
  const known: KnownRegion[] = []
  const blobs: BlobRegion[] = []
  let offset = 0
  const place = (path: string, size: number, mode: number): number => {
    const header = tarHeader({ path, type: 'file', mode, size })
    const start = offset + header.length
    known.push({ offset, bytes: header })
    if (paddingOf(size) > 0) known.push({ offset: start + size, bytes: Buffer.alloc(paddingOf(size)) })
    offset = start + size + paddingOf(size)
    return start
  }
  const { size, sha256 } = statement.executable
  blobs.push({ path: names.executable, offset: place(names.executable, size, 0o755), size, sha256 })
  for (const entry of leading.slice(1)) {
    const bytes = await readContent(archive, entry)
    known.push({ offset: place(entry.path, entry.size, 0o644), bytes })
  }
  for (const entry of contents) {
    const start = place(entry.path, entry.size, 0o644)
    if (start !== entry.offset) fail('integrity', `${names.contents} does not say where ${entry.path} stands`)
    blobs.push(entry)
  }
  known.push({ offset, bytes: Buffer.alloc(trailerSize) })
  return { known, blobs, size: offset + trailerSize }
}
