// Where large blobs are on their way to: what a registry has of one when a push ends early need not be sent again.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureFolder, writeAtomic } from '../../lib/files.ts'
import { sha256 } from '../../lib/hash.ts'
import { alive } from '../../lib/lock.ts'

export interface Uploads {
  folder: string
  /** Bytes from which on an upload is worth the questions; a smaller blob is sent in one go. */
  least: number
}

/** The uploads that a cache remembers. */
export function uploadsIn(cacheRoot: string): Uploads {
  return { folder: join(cacheRoot, 'uploads'), least: 8 << 20 }
}

/** Notes the place that a registry gave an upload; for us alone, as whoever knows it may go on with it. */
export async function noteUpload({ folder }: Uploads, key: string, place: string): Promise<void> {
  await ensureFolder(folder, 0o700)
  await writeAtomic(fileOf(folder, key), JSON.stringify({ pid: process.pid, place }), 0o600)
}

/** The place that was noted, unless another process that is alive goes on there. What cannot be read counts as nothing. */
export async function recallUpload({ folder }: Uploads, key: string): Promise<string | undefined> {
  try {
    const { pid, place } = JSON.parse(await readFile(fileOf(folder, key), 'utf8'))
    return typeof place === 'string' && (pid === process.pid || !alive(Number(pid))) ? place : undefined
  } catch {
    return undefined
  }
}

export async function forgetUpload({ folder }: Uploads, key: string): Promise<void> {
  await rm(fileOf(folder, key), { force: true })
}

function fileOf(folder: string, key: string): string {
  return join(folder, sha256(key))
}
