import type { KeyObject } from 'node:crypto'
import { fail } from '../../lib/errors.ts'
import { names } from '../format/names.ts'
import { type BundleHead, readHead, throwDamaged } from '../read.ts'
import { trailerSize } from '../tar.ts'
import { type ArchiveEntry, checkPadding, copyAgain, readAt, readEntry, whereIs } from './archive.ts'
import { framedRanges } from './framed.ts'
import type { Range } from './hash-thread.ts'
import { hashRanges } from './hash-workers.ts'

export interface VerifyOptions {
  /** Threads that hash. */
  jobs: number
  onProgress: (done: number, total: number) => void
  signal: AbortSignal
}

/**
 * Checks a bundle whole: signature, the order and form of every entry, every byte, and that there is nothing else; what is signed is not
 * judged. Memory does not depend on sizes. Throws `integrity` naming the first entry that is wrong and where it is.
 */
export async function verifyBundle(path: string, key: KeyObject, options: VerifyOptions): Promise<BundleHead> {
  const head = await readHead(path, key)
  try {
    await checkBundle(head, options, () => true)
    return head
  } finally {
    await head.archive.file.close()
  }
}

/** As verifyBundle, of a head that is open and stays so. `isThere`: which entries' bytes are to be read. */
export async function checkBundle(
  head: BundleHead,
  options: VerifyOptions,
  isThere: (entry: SignedEntry) => boolean,
): Promise<void> {
  if (await isWhole(head, options)) return
  const entries = await checkStructure(head)
  await checkBytes(head, entries.filter(isThere), options)
}

/**
 * Whether every byte is what the signature says, read and hashed once, in one pass. Of what is not, nothing is said: a walk from header to
 * header finds the first thing that is wrong.
 */
async function isWhole(head: BundleHead, options: VerifyOptions): Promise<boolean> {
  const framed = framedRanges(head)
  if (!framed) return false
  for (const entry of head.leading) await checkPadding(head.archive, entry)
  const found = await hashWith(framed.ranges, options)
  return framed.digests.every((digest, index) => digest === found[index])
}

/** An entry and the digest that the signature vouches for. */
export interface SignedEntry extends ArchiveEntry {
  sha256: string
}

/** Walks the headers: each entry must be the one that the contents list there. Returns the executable and what the contents list. */
export async function checkStructure(head: BundleHead): Promise<SignedEntry[]> {
  const { archive, leading, contents, statement } = head
  const executable = leading[0] as ArchiveEntry
  if (executable.size !== statement.executable.size)
    fail(
      'integrity',
      `${names.executable} has ${executable.size} bytes, the statement says ${statement.executable.size}`,
      {
        where: whereIs(archive, executable.offset),
        hint: copyAgain,
      },
    )
  const seen = new Set<string>()
  for (const entry of leading) {
    seen.add(entry.path)
    await checkPadding(archive, entry)
  }
  const signed: SignedEntry[] = [{ ...executable, sha256: statement.executable.sha256 }]
  let offset = leading.at(-1)?.next ?? 0
  for (const expected of contents) {
    const found = await readEntry(archive, offset, expected.path)
    if (found?.path !== expected.path || found.offset !== expected.offset || found.size !== expected.size)
      throwUnexpected(head, seen, found, expected.path, offset)
    const entry = found as ArchiveEntry
    await checkPadding(archive, entry)
    seen.add(entry.path)
    signed.push({ ...entry, sha256: expected.sha256 })
    offset = entry.next
  }
  const surplus = await readEntry(archive, offset, 'the end')
  if (surplus) throwUnexpected(head, seen, surplus, 'the end', offset)
  const end = await readAt(archive, offset, trailerSize, 'the end of the archive')
  if (archive.size !== offset + trailerSize || end.some((byte) => byte !== 0))
    fail('integrity', `has data behind its end at byte ${offset + trailerSize}`, {
      where: whereIs(archive, offset),
      hint: copyAgain,
    })
  return signed
}

function throwUnexpected(
  { archive, contents }: BundleHead,
  seen: ReadonlySet<string>,
  found: ArchiveEntry | undefined,
  expected: string,
  offset: number,
): never {
  const details = { where: whereIs(archive, offset), hint: copyAgain }
  const at = `at byte ${offset}`
  if (!found) return fail('integrity', `ends ${at}, where ${expected} should stand`, details)
  if (seen.has(found.path)) return fail('integrity', `${found.path} ${at} is there a second time`, details)
  if (!contents.some((entry) => entry.path === found.path))
    return fail('integrity', `${found.path} ${at} is not in the signed contents`, details)
  return fail(
    'integrity',
    `${found.path} ${at} is not where or not as long as the signed contents say; expected ${expected}`,
    details,
  )
}

async function checkBytes(head: BundleHead, entries: readonly SignedEntry[], options: VerifyOptions): Promise<void> {
  const ranges = entries.map(({ offset, size }) => ({ size, pieces: head.archive.file.pieces(offset, size) }))
  const found = await hashWith(ranges, options)
  entries.forEach((entry, index) => {
    if (found[index] !== entry.sha256) throwDamaged(head, entry)
  })
}

/** As hashRanges, saying how much of all is done. */
export async function hashWith(
  ranges: readonly Range[],
  { jobs, onProgress, signal }: VerifyOptions,
): Promise<string[]> {
  const total = ranges.reduce((sum, { pieces }) => pieces.reduce((size, piece) => size + piece.size, sum), 0)
  let done = 0
  const onBytes = (count: number) => {
    done += count
    onProgress(done, total)
  }
  return await hashRanges(ranges, jobs, onBytes, signal)
}
