import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errnoOf } from './errors.ts'
import { alive } from './lock.ts'

/** A name for work in progress that will become `path`: it says which process owns it, so that a later one can clear it. */
export function temporaryName(path: string): string {
  return `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
}

/** Removes what processes that are no longer alive left under the names that temporaryName(path) gives. */
export async function clearLeftovers(path: string): Promise<void> {
  const prefix = `${basename(path)}.`
  let entries: string[]
  try {
    entries = await readdir(dirname(path))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return
    throw error
  }
  for (const entry of entries) {
    const owner = entry.startsWith(prefix) && /^(\d+)\.[0-9a-f]{8}\.tmp$/.exec(entry.slice(prefix.length))?.[1]
    if (owner && !alive(Number(owner))) await rm(join(dirname(path), entry), { recursive: true, force: true })
  }
}
