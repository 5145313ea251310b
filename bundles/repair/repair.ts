import type { KeyObject } from 'node:crypto'
import { fail, RedoubtError } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { limits } from '../format/names.ts'
import type { Blob } from '../format/parts.ts'
import { parseStatement } from '../format/statement.ts'
import { type Archive, type ArchiveEntry, readContent, readEntry } from '../read/archive.ts'
import { ownerIn } from '../read/owner.ts'
import type { BundleHead } from '../read.ts'
import { type Copy, cutOf, openCopy, type Place, placeOf } from './copies.ts'
import { type HashOptions, wrongBlobs, wrongFiles, wrongKnown } from './damage.ts'
import { patch } from './patch.ts'
import { type BlobRegion, regionsOf } from './regions.ts'
import { findBlobs } from './sources.ts'

export interface RepairOptions extends HashOptions {
  key: KeyObject
  /** Find out what is damaged and who has it, and write nothing. */
  dryRun: boolean
  /** Blobs by SHA-256 (hex) that are at hand otherwise; asked for only when the copies lack one. */
  further: () => Promise<ReadonlyMap<string, Blob>>
}

/** An entry, or a file of the bundle. */
interface Part {
  path: string
  /** Bytes that were wrong; none where only the length of a file was. */
  size: number
  /** Whose blob it is: `image docker.io/library/nginx:1.27`. */
  of?: string
}

export interface Repaired {
  /** What was damaged and is not any more, and where its bytes are from. */
  parts: (Part & { from: string })[]
  /** What no copy has. */
  lost: Part[]
}

/**
 * Finds what of a bundle is damaged or missing, and writes just that, in place, from other copies, which may be damaged elsewhere, or be
 * other bundles that share blobs. Throws `usage` for the copy of another bundle in its place, `integrity` when no head is whole.
 */
export async function repairBundle(path: string, from: readonly string[], options: RepairOptions): Promise<Repaired> {
  const { key, dryRun, signal } = options
  const place = await placeOf(path, key)
  const others: Place[] = []
  for (const other of from) others.push(await placeOf(other, key))
  const open: Copy[] = []
  try {
    const target = await openCopy(place, cutOf(place, others), key, dryRun ? 'r' : 'r+')
    open.push(target)
    for (const other of others) open.push(await openCopy(other, cutOf(other, [place, ...others]), key, 'r'))
    const head = open.find((copy) => copy.head)?.head ?? refuseHeadless(path)
    const { known, blobs, size } = await regionsOf(head)
    const wrong = await wrongBlobs(target.archive, blobs, options)
    await refuseForeign(place, target, head, 1 - wrong.length / blobs.length)
    const files = await wrongFiles(target.archive, size)
    const small = await wrongKnown(target.archive, known)
    const { finds, lost } = await findBlobs(wrong, open.slice(1), options.further, options)
    if (!dryRun) await patch(target.archive, { files, known: small, finds }, options.onBytes, signal)
    const around = small.reduce((sum, { bytes }) => sum + bytes.length, 0)
    return {
      parts: [
        ...files.map(({ slice, header }) => ({
          path: slice.path,
          size: header.length,
          from: header.length > 0 ? 'its header and length are signed' : 'its length is signed',
        })),
        ...(around > 0 ? [{ path: 'headers and leading entries', size: around, from: head.archive.path }] : []),
        ...finds.map(({ region, from }) => ({ ...partOf(head, region), from })),
      ],
      lost: lost.map((region) => partOf(head, region)),
    }
  } finally {
    for (const { archive } of open) await archive.file.close()
  }
}

function partOf(head: BundleHead, { path, size, sha256 }: BlobRegion): Part {
  const of = path.startsWith('blobs/') ? ownerIn(head, `sha256:${sha256}`) : undefined
  return { path, size, ...(of ? { of } : {}) }
}

function refuseHeadless(path: string): never {
  return fail('integrity', 'no copy has a statement, contents and lock that this key signed', {
    where: path,
    hint: 'Bring a copy whose beginning is whole, and the public key of who made it.',
  })
}

/**
 * Throws unless what is left of the file says that it is of this bundle: its volumes; or its statement; or, when that cannot be read, that
 * half of its blobs are already right.
 */
async function refuseForeign({ volumes }: Place, target: Copy, head: BundleHead, intact: number): Promise<void> {
  const { archive } = target
  const { name, version } = head.statement
  const [, , statement, signature] = head.leading
  if (target.head || !statement || !signature) return
  const expected = await readContent(head.archive, statement)
  const id = sha256(expected)
  const foreign = (volumes?.readable ?? []).find(({ list }) => list.bundle !== id)
  const found = await contentAt(archive, statement)
  const signed = await readContent(head.archive, signature)
  const same = found?.equals(expected) || (await contentAt(archive, signature))?.equals(signed)
  if (foreign || (archive.volumes && archive.volumes.list.bundle !== id) || (!same && found && isStatement(found)))
    fail('usage', `is of another bundle than ${name} ${version}, id ${id.slice(0, 12)}`, {
      where: foreign?.path ?? archive.path,
      hint: 'Name a copy of this very bundle, or move the file away if it stands here by mistake: repair would write over it.',
    })
  if (!same && !archive.volumes && intact < 0.5)
    fail('usage', `has too little of ${name} ${version} left to be taken for a copy of it`, {
      where: archive.path,
      hint: `Copy ${head.archive.path} in its place, if that is what it should be.`,
    })
}

/** What a damaged copy has in the place of an entry; undefined when it cannot be told. */
async function contentAt(archive: Archive, { path, header }: ArchiveEntry): Promise<Buffer | undefined> {
  try {
    const entry = await readEntry(archive, header, path)
    if (entry?.path !== path || entry.size > limits.statement) return undefined
    return await readContent(archive, entry)
  } catch (error) {
    if (error instanceof RedoubtError) return undefined
    throw error
  }
}

function isStatement(data: Buffer): boolean {
  try {
    return parseStatement(data, '').kind === 'BundleStatement'
  } catch {
    return false
  }
}
