import { Header } from 'tar'
import { fail } from '../lib/errors.ts'
import { fixedTime } from './format/names.ts'

export const blockSize = 512

/** One entry of an archive that we write. */
export interface TarEntry {
  path: string
  type: 'file' | 'folder' | 'link'
  mode: number
  /** Bytes of a file; 0 otherwise. */
  size: number
  /** Where a symbolic link leads. */
  target?: string
}

/**
 * The ustar header (POSIX.1-1988) of an entry: fixed time, owner 0:0, no names of owners. The same entry gives the same 512 bytes.
 * Throws `failed` for what plain ustar cannot hold (a path beyond 255 bytes, a file of 8 GiB or more).
 */
export function tarHeader(entry: TarEntry): Buffer {
  const block = Buffer.alloc(blockSize)
  const header = new Header({
    path: entry.type === 'folder' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path,
    type: entry.type === 'file' ? 'File' : entry.type === 'folder' ? 'Directory' : 'SymbolicLink',
    mode: entry.mode,
    size: entry.type === 'file' ? entry.size : 0,
    uid: 0,
    gid: 0,
    mtime: new Date(fixedTime * 1000),
    ...(entry.target === undefined ? {} : { linkpath: entry.target }),
  })
  if (header.encode(block) || (entry.target?.length ?? 0) > 100)
    fail('failed', `${entry.path}: the name or size does not fit a plain tar header`)
  return block
}

/** Bytes of zeros that follow `size` bytes of content. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize
}

/** What content of `size` bytes takes in an archive: header, content, padding. */
export function entrySize(size: number): number {
  return blockSize + size + paddingOf(size)
}

/** The two zero blocks that end an archive. */
export const trailerSize = 2 * blockSize
