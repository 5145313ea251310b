import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Header } from 'tar'
import { type ErrorDetails, errnoOf, fail } from '../../lib/errors.ts'
import { exists } from '../../lib/files.ts'
import { bundleOfDelta, deltaPath } from '../format/delta.ts'
import { names } from '../format/names.ts'
import { volumesThere } from '../format/volume-names.ts'
import type { VolumeList } from '../format/volumes.ts'
import { blockSize, paddingOf, tarHeader } from '../tar.ts'
import { type BundleFile, joinSlices } from './file.ts'

/** A bundle that is open for reading: one file, or volumes. Nothing in it is trusted yet. */
export interface Archive {
  /** The file; of volumes the first. */
  path: string
  file: BundleFile
  /** Bytes of the bundle, without the headers of volumes. */
  size: number
  volumes?: { list: VolumeList; listSignature: Buffer; missing: readonly string[] }
}

/** An entry as its header describes it. */
export interface ArchiveEntry {
  path: string
  /** Offset of the header, and of the first byte of content. */
  header: number
  offset: number
  size: number
  /** Where the next header stands. */
  next: number
}

/** Opens one file. Throws `usage` when there is no such file, or a key in its place. */
export async function openOne(path: string): Promise<Archive> {
  try {
    // Not waiting: opening a named pipe would never end.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const info = await file.stat()
    const { size } = info
    const pem = info.isFile() ? await pemIn(file) : undefined
    if (info.isFile() && !pem)
      return { path, file: joinSlices([{ path, handle: file, start: 0, size, skip: 0 }]), size }
    await file.close()
    if (pem)
      fail('usage', `is no bundle, but a ${pem} in PEM`, {
        where: path,
        hint: 'Name the bundle first, the public key with --key: redoubt bundle verify FILE --key bundle.pub',
      })
  } catch (error) {
    if (errnoOf(error) === 'ENOENT')
      fail('usage', 'no such file', { where: path, hint: await hintFor(path), cause: error })
    if (errnoOf(error) === 'EACCES') fail('usage', 'not allowed to read this file', { where: path, cause: error })
    throw error
  }
  return fail('usage', 'is no regular file', { where: path })
}

/** What to do where a bundle is not there: it may be there as a delta. */
async function hintFor(path: string): Promise<string> {
  const delta = deltaPath(path)
  const fits = bundleOfDelta(delta) === path && !bundleOfDelta(path)
  const there = fits && ((await exists(delta).catch(() => false)) || (await volumesThere(delta)).length > 0)
  return there
    ? `Its delta is there, to be merged with the bundle before: redoubt bundle merge ${delta} --base FILE`
    : 'Copy the bundle there, or name where it is.'
}

/** What PEM a file begins with: `public key`. Of a disk that fails there, whoever reads on hears. */
async function pemIn(file: FileHandle): Promise<string | undefined> {
  const start = await file.read(Buffer.alloc(64), 0, 64, 0).catch(() => undefined)
  const text = start?.buffer.toString('latin1', 0, start.bytesRead) ?? ''
  return /^-----BEGIN ([A-Z ]{1,40})-----/.exec(text)?.[1]?.toLowerCase()
}

/** Throws `integrity` when the file ends before byte `offset + size`. */
export function requireBytes(archive: Archive, offset: number, size: number, what: string): void {
  if (offset + size > archive.size)
    fail('integrity', `ends at byte ${archive.size}, inside ${what} (bytes ${offset} to ${offset + size})`, {
      where: whereIs(archive, offset),
      hint: 'The file is truncated: copy it again.',
    })
}

/** Bytes `offset` to `offset + size`. Throws `integrity` when the file ends before. */
export async function readAt(archive: Archive, offset: number, size: number, what: string): Promise<Buffer> {
  requireBytes(archive, offset, size, what)
  const data = Buffer.alloc(size)
  let done = 0
  while (done < size) {
    const { bytesRead } = await archive.file.read(data, done, size - done, offset + done)
    if (bytesRead === 0)
      fail('integrity', 'became shorter while it was read', { where: whereIs(archive, offset + done) })
    done += bytesRead
  }
  return data
}

/** The content of an entry, whole; whoever asks has bounded its size. Throws as readAt does. */
export async function readContent(
  archive: Archive,
  { path, offset, size }: Pick<ArchiveEntry, 'path' | 'offset' | 'size'>,
): Promise<Buffer> {
  return await readAt(archive, offset, size, path)
}

/** Whether a name is a place outside the folder that the archive is unpacked in. */
export function leadsOut(path: string): boolean {
  return path.startsWith('/') || path.split('/').includes('..')
}

/**
 * Reads the entry whose header stands at `offset`; undefined where zeros end the archive. Only what we write passes: a plain file with a
 * plain relative name, its header the very bytes that tarHeader() gives. Throws `integrity`, naming the entry (`expected` where it cannot be
 * read) and where it is.
 */
export async function readEntry(archive: Archive, offset: number, expected: string): Promise<ArchiveEntry | undefined> {
  const block = await readAt(archive, offset, blockSize, `the header of ${expected}`)
  if (block.every((byte) => byte === 0)) return undefined
  const refuse = (what: string) =>
    fail('integrity', `${what}, in the header at byte ${offset}`, { where: whereIs(archive, offset), hint: copyAgain })
  const header = decode(block)
  if (!header?.cksumValid) return refuse(`is damaged, or no bundle: nothing readable where ${expected} is expected`)
  const path = header.path ?? ''
  const name = JSON.stringify(path)
  if (leadsOut(path)) return refuse(`${name} leads out of the bundle`)
  if (header.type !== 'File') return refuse(`${name} is a ${header.type}; a bundle holds plain files only`)
  const size = header.size ?? -1
  if (!headerOf(path, size)?.equals(block)) return refuse(`${name} is not as redoubt writes it`)
  const content = offset + blockSize
  return { path, header: offset, offset: content, size, next: content + size + paddingOf(size) }
}

/** Checks that the content of an entry lies in the file and that zeros fill its last block. Throws `integrity`. */
export async function checkPadding(archive: Archive, entry: ArchiveEntry): Promise<void> {
  const padding = await readAt(archive, entry.offset + entry.size, paddingOf(entry.size), entry.path)
  if (padding.some((byte) => byte !== 0))
    fail('integrity', `${entry.path} is followed by bytes that are not zero, at byte ${entry.offset + entry.size}`, {
      where: whereIs(archive, entry.offset + entry.size),
      hint: copyAgain,
    })
}

/** The file in which a byte of the bundle stands: for errors. */
export function whereIs({ file }: Archive, offset: number): string {
  return file.pathAt(offset)
}

/** What to say beside a signature that is not the key's. */
export function signedByAnother(where: string): ErrorDetails {
  return {
    where,
    hint: 'Ask who made the bundle for their public key, by another way than the bundle. Do not use the bundle before it passes.',
  }
}

export const copyAgain =
  'The file was changed or damaged: copy it again (`redoubt bundle repair` mends a bundle from another copy), and use it only when it passes.'

function decode(block: Buffer): Header | undefined {
  try {
    return new Header(block)
  } catch {
    return undefined
  }
}

/** The header that an entry must have; undefined for a name that is none of a bundle's, or not what tar makes of it, and for too many bytes. */
export function headerOf(path: string, size: number): Buffer | undefined {
  if (path === '' || size < 0 || leadsOut(path)) return undefined
  try {
    const block = tarHeader({ path, type: 'file', mode: path === names.executable ? 0o755 : 0o644, size })
    const { path: read, type } = new Header(block)
    return read === path && type === 'File' ? block : undefined
  } catch {
    return undefined
  }
}
