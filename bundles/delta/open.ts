import type { KeyObject } from 'node:crypto'
import { fail } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { type DeltaList, deltaLimit, deltaNames, isDeltaStart, parseDeltaList } from '../format/delta.ts'
import { signatureSize } from '../format/names.ts'
import { isSigned } from '../keys.ts'
import { type Archive, checkPadding, copyAgain, readContent, readEntry, signedByAnother } from '../read/archive.ts'
import { openArchive, refuseMissing } from '../read/open.ts'
import { type BundleHead, readHead, readHeadOf } from '../read.ts'
import { blockSize, entrySize } from '../tar.ts'
import { type Base, joinDelta } from './join.ts'

/** A delta that is open, its list checked; nothing behind that was read. */
export interface Delta {
  archive: Archive
  list: DeltaList
  /** Bytes of its own entries: what it carries of the bundle stands behind them. */
  skip: number
}

/**
 * Opens a delta: a file, or its volumes. Undefined when it is something else. With a key, nothing is parsed before the signature over the list
 * holds. `partial`: volumes may be missing. Throws `integrity`, and `usage` when there is no such file.
 */
export async function openDelta(path: string, key: KeyObject | undefined, partial = false): Promise<Delta | undefined> {
  const archive = await openArchive(path, key)
  try {
    const block = Buffer.alloc(blockSize)
    if (archive.file.slices[0]?.handle) await archive.file.read(block, 0, blockSize, 0)
    if (isDeltaStart(block)) {
      if (!partial) refuseMissing(archive)
      return await readList(archive, key)
    }
  } catch (error) {
    await archive.file.close()
    throw error
  }
  await archive.file.close()
  return undefined
}

async function readList(archive: Archive, key: KeyObject | undefined): Promise<Delta> {
  const { path } = archive
  let skip = 0
  const read = async (name: string, limit: number): Promise<Buffer> => {
    const entry = await readEntry(archive, skip, name)
    if (entry?.path !== name || entry.size > limit)
      return fail('integrity', `is no delta: expected ${name} at byte ${skip}`, { where: path, hint: copyAgain })
    skip = entry.next
    await checkPadding(archive, entry)
    return await readContent(archive, entry)
  }
  const bytes = await read(deltaNames.list, deltaLimit)
  const signature = await read(deltaNames.listSignature, signatureSize)
  if (key && !isSigned(bytes, signature, key)) fail('integrity', 'is not signed by this key', signedByAnother(path))
  if (archive.volumes && archive.volumes.list.bundle !== sha256(bytes))
    fail('integrity', 'holds the list of another delta than its volumes are of', { where: path })
  const list = parseDeltaList(bytes, `${path}: ${deltaNames.list}`)
  const end = list.needs.reduce((sum, { size }) => sum - entrySize(size), skip + list.size)
  if (archive.size !== end)
    fail(
      'integrity',
      archive.size < end
        ? `ends at byte ${archive.size}; the delta has ${end}`
        : `has data behind its end at byte ${end}; the delta is no longer`,
      { where: path, hint: copyAgain },
    )
  return { archive, list, skip }
}

/**
 * The head of the bundle that comes out, read in place from the delta and, as far as there is one, its base. Close it with the delta. Offsets
 * are those of that bundle. Throws `integrity`.
 */
export async function headOfDelta(
  { archive, list, skip }: Delta,
  base: Base | undefined,
  key: KeyObject | undefined,
): Promise<BundleHead> {
  const joined: Archive = { path: archive.path, file: joinDelta(archive, skip, list, base), size: list.size }
  const head = await readHeadOf(joined, key)
  if (head.id !== list.bundle)
    fail('integrity', 'carries the head of another bundle than its list says', { where: archive.path, hint: copyAgain })
  return head
}

/** A head, and the delta that it is of; `close` closes both. */
interface AnyHead {
  head: BundleHead
  delta: Delta | undefined
  close: () => Promise<void>
}

/** The head of a bundle, or of the one that a delta makes: of that, what is left out cannot be read. Throws as readHead and openDelta. */
export async function readAnyHead(path: string, key: KeyObject | undefined, partial = false): Promise<AnyHead> {
  const delta = await openDelta(path, key, partial)
  if (!delta) {
    const head = await readHead(path, key, partial)
    return { head, delta, close: () => head.archive.file.close() }
  }
  const close = () => delta.archive.file.close()
  try {
    return { head: await headOfDelta(delta, undefined, key), delta, close }
  } catch (error) {
    await close()
    throw error
  }
}
