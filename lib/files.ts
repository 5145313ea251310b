import { randomBytes } from 'node:crypto'
import { chmod, type FileHandle, lstat, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { errnoOf, fail } from './errors.ts'

/**
 * Writes a whole file or nothing: to a temporary name beside it, with `mode` from the first byte, synced, then renamed.
 * Throws `failed` with a remedy when the disk is full.
 */
export async function writeAtomic(path: string, data: string | Uint8Array, mode = 0o644): Promise<void> {
  await writeWhole(path, `${path}.${randomBytes(4).toString('hex')}.tmp`, mode, async (file) => {
    await file.chmod(mode)
    await file.writeFile(data)
  })
}

/**
 * As writeAtomic, for what `write` puts into the file piece by piece; `temporary` is the name until then. Nothing is left after a
 * failure. Throws what `write` throws, and as writeAtomic does.
 */
export async function writeWhole(
  path: string,
  temporary: string,
  mode: number,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await write(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throwWriteError(error, path)
  }
}

/** Makes a full disk, a missing folder or a missing permission a clear error; anything else is thrown as it is. */
export function throwWriteError(error: unknown, path: string): never {
  const code = errnoOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT')
    fail('failed', 'no space left on the disk', {
      where: path,
      hint: 'Free some space, then run again: finished work is kept.',
      cause: error,
    })
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    fail('failed', 'not allowed to write here', {
      where: path,
      hint: 'Check the owner and mode of this folder.',
      cause: error,
    })
  if (code === 'ENOENT') fail('failed', 'the folder does not exist', { where: dirname(path), cause: error })
  if (code === 'ENOTDIR' || code === 'EEXIST' || code === 'EISDIR' || code === 'ELOOP')
    fail('failed', 'something else is in the way here', {
      where: path,
      hint: 'A file is where a folder should be, or the other way round: move it away, then run again.',
      cause: error,
    })
  throw error
}

/** Makes a folder and its parents; the folder itself gets `mode` even if it was there. */
export async function ensureFolder(path: string, mode = 0o755): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode })
    await chmod(path, mode)
  } catch (error) {
    throwWriteError(error, path)
  }
}

/** Most bytes that are read at once: what people and redoubt write is far smaller. */
const sizeLimit = 64 << 20

/** Reads a text file; throws `usage` with `hint` when it is not there, and for what is no file of a sensible size. */
export async function readText(path: string, hint?: string): Promise<string> {
  try {
    await refuseOdd(path)
    return await readFile(path, 'utf8')
  } catch (error) {
    return throwReadError(error, path, hint)
  }
}

/** As readText, the bytes. */
export async function readBytes(path: string, hint?: string): Promise<Buffer> {
  try {
    await refuseOdd(path)
    return await readFile(path)
  } catch (error) {
    return throwReadError(error, path, hint)
  }
}

/** A named pipe would be waited for without end, a device never ends. What a shell hands over (`--key <(...)`) is neither. */
async function refuseOdd(path: string): Promise<void> {
  const info = await stat(path)
  const handed = path.startsWith('/dev/') || path.startsWith('/proc/')
  if (!info.isFile() && !info.isDirectory() && !handed) fail('usage', 'is no regular file', { where: path })
  if (info.isFile() && info.size > sizeLimit)
    fail('usage', `has ${info.size} bytes; at most ${sizeLimit} are read`, {
      where: path,
      hint: 'See that this is the file you mean.',
    })
}

function throwReadError(error: unknown, path: string, hint?: string): never {
  const code = errnoOf(error)
  const details = { where: path, cause: error, ...(hint ? { hint } : {}) }
  if (code === 'ENOENT' || code === 'ENOTDIR') fail('usage', 'no such file', details)
  if (code === 'EISDIR') fail('usage', 'is a folder, a file was expected', details)
  if (code === 'EACCES') fail('usage', 'not allowed to read this file', details)
  if (code === 'ELOOP') fail('usage', 'is a link that leads back to itself', details)
  throw error
}

/** True when something (a link counts as itself) is at `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false
    throw error
  }
}

/** Regular files below `folder`, relative, sorted by code unit; links are listed but never followed. */
export async function listFiles(folder: string): Promise<string[]> {
  const found: string[] = []
  async function visit(current: string): Promise<void> {
    for (const entry of await readdir(current, { withFileTypes: true })) {
      const path = join(current, entry.name)
      if (entry.isDirectory()) await visit(path)
      else found.push(relative(folder, path))
    }
  }
  await visit(folder)
  return found.sort(byCodeUnit)
}

/** Compares by UTF-16 code unit: the same order on every machine and locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
