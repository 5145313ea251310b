import { randomBytes } from 'node:crypto'
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { errnoOf, fail } from './errors.ts'
import { throwWriteError } from './files.ts'

/**
 * Runs `work` while holding the lock file at `path`, which is gone afterwards. A lock whose process is gone (kill -9) is taken over.
 * Throws `failed` naming the process when another one holds it.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  if (!(await take(path))) {
    if (await refuseHeld(path)) await dropDead(path)
    if (!(await take(path))) fail('failed', 'another process took this lock', { where: path, hint: 'Run again.' })
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

/** Throws `failed` when the process that wrote this lock still runs. Returns false when there is no lock any more. */
async function refuseHeld(path: string): Promise<boolean> {
  let text = ''
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
  }
  // Without links it is made before it is written.
  if (text === '' && (await isFresh(path)))
    fail('failed', 'another process is taking this lock', { where: path, hint: 'Run again in a moment.' })
  const holder = Number(text.trim())
  if (alive(holder))
    fail('failed', `process ${holder} is at work here`, {
      where: path,
      hint: 'Wait until it has ended. If it is no redoubt, delete this file.',
    })
  return true
}

/** Whether a file was written in the last seconds, or, by another machine's clock, is yet to be. */
async function isFresh(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined)
  return info !== undefined && Date.now() - info.mtimeMs < 5000
}

/**
 * Deletes a dead process's lock, and no other: who deletes one holds a lock for that, so that what was read is what is deleted. That one
 * may be a dead process's in its turn.
 */
async function dropDead(path: string): Promise<void> {
  await withLock(`${path}.dead`, async () => {
    // Gone already: what is there from now on is another's.
    if (await refuseHeld(path)) await rm(path, { force: true }).catch((error) => throwWriteError(error, path))
  })
}

function nameBeside(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}.tmp`
}

/**
 * Makes the lock with its content at once (a link to a finished file): nobody ever reads an empty one. Sticks with FAT or exFAT and some
 * network file systems know no links: there it is made and then written.
 */
async function take(path: string): Promise<boolean> {
  const temporary = nameBeside(path)
  const made = { mode: 0o600, flag: 'wx' }
  try {
    await writeFile(temporary, `${process.pid}\n`, made)
    await link(temporary, path).catch(async (error) => {
      if (!withoutLinks.has(errnoOf(error) ?? '')) throw error
      await writeFile(path, `${process.pid}\n`, made)
    })
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    return throwWriteError(error, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** What link(2) says where there are none: of file systems in the kernel, of FUSE's, of CIFS. */
const withoutLinks = new Set(['EPERM', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP'])

/** True when a process of this number runs, whoever's it is. */
export function alive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errnoOf(error) === 'EPERM'
  }
}
