// What has come of a blob: the beginning, in the cache under a name that says whose it is, and in the place that it is to have.
import { constants } from 'node:fs'
import { type FileHandle, open, readdir, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { errnoOf } from '../../lib/errors.ts'
import { throwWriteError } from '../../lib/files.ts'
import { hexOf } from '../../lib/hash.ts'
import { temporaryName } from '../../lib/leftovers.ts'
import { alive } from '../../lib/lock.ts'
import type { Cache } from '../cache.ts'
import type { BlobRef } from '../format/parts.ts'
import { openWriter, type Writer } from './writer.ts'

/** Room for a blob in a file that is open: from `offset` on. */
export interface Slot {
  file: FileHandle
  /** For errors. */
  path: string
  offset: number
}

/** What has come of a blob: its bytes are in each of `slots`, or on their way. The cache's own slot is the file of the blob's name to be. */
export interface Partial {
  slots: Slot[]
  kept: Slot | undefined
  have: number
  writer: Writer
}

/** Begins anew. */
export async function restart(partial: Partial, onBytes: (count: number) => void): Promise<void> {
  await partial.writer.end().catch(() => {})
  onBytes(-partial.have)
  await partial.kept?.file.truncate(0)
  partial.have = 0
  partial.writer = openWriter(partial.slots, undefined, 0)
}

/** Takes over what a process that is gone left of this blob, or begins it; the name says that it is ours now. */
export async function claim(cache: Cache, blob: BlobRef): Promise<Slot> {
  const place = join(cache.root, 'partial', hexOf(blob.digest))
  try {
    const path = temporaryName(place)
    await adoptLargest(place, path)
    return {
      path,
      file: await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644),
      offset: 0,
    }
  } catch (error) {
    return throwWriteError(error, place)
  }
}

/** What is there already, in `kept`, is hashed, and put into the other slot too. Takes over `kept`. */
export async function begin(kept: Slot | undefined, slot: Slot | undefined, size: number): Promise<Partial> {
  const slots = [kept, slot].filter((one) => one !== undefined)
  try {
    const there = (await kept?.file.stat())?.size ?? 0
    if (there > size) await kept?.file.truncate(0)
    const have = there > size ? 0 : there
    const writer = openWriter(slots, kept, have)
    // A registry that had to wait for it would look as if it sent nothing.
    await writer.begun
    return { slots, kept, have, writer }
  } catch (error) {
    await kept?.file.close()
    return throwWriteError(error, kept?.path ?? '')
  }
}

async function adoptLargest(place: string, path: string): Promise<void> {
  for (const found of await readdir(dirname(place), { withFileTypes: true })) {
    // A link would be written through, a pipe waited for.
    if (!found.isFile()) continue
    const entry = found.name
    const owner = new RegExp(`^${basename(place)}\\.(\\d+)\\.[0-9a-f]{8}\\.tmp$`).exec(entry)?.[1]
    if (!owner || (alive(Number(owner)) && Number(owner) !== process.pid)) continue
    try {
      await rename(join(dirname(place), entry), path)
      return
    } catch (error) {
      // Another process was quicker.
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
}
