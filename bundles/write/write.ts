import { type FileHandle, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { requireSpace } from '../../lib/disk.ts'
import { writeWhole } from '../../lib/files.ts'
import { clearLeftovers, temporaryName } from '../../lib/leftovers.ts'
import { blobPath } from '../format/names.ts'
import { volumesThere } from '../format/volume-names.ts'
import type { Slot } from '../registry/partial.ts'
import { blockSize, entrySize } from '../tar.ts'
import { writeLayout } from './entries.ts'
import type { Layout } from './layout.ts'

/** A bundle that is being written: blobs may be put in their places before the rest is. */
interface OpenBundle {
  /** Where a blob has its place; undefined for one that the bundle does not have. */
  slotOf(digest: string): Slot | undefined
  /** Writes everything but the blobs of `placed`: each byte read and hashed once on its way. Throws DamagedBlob. */
  writeRest(placed: ReadonlySet<string>, onProgress: (done: number) => void, signal: AbortSignal): Promise<void>
}

/**
 * Writes a layout to `path`: `fill` does it, into a temporary name beside it that is synced and renamed. Memory does not depend on sizes.
 * Volumes of an earlier bundle of this name go. Returns the paths of what was written. Nothing is left after a failure. Throws what `fill`
 * throws, and `failed` when the disk is full or not writable.
 */
export async function fillBundle(
  path: string,
  layout: Layout,
  fill: (bundle: OpenBundle) => Promise<unknown>,
): Promise<string[]> {
  await clearLeftovers(path)
  await requireSpace(dirname(path), layout.size, 'the bundle')
  const temporary = temporaryName(path)
  await writeWhole(path, temporary, 0o644, (file) => syncing(file, () => fill(openBundle(file, temporary, layout))))
  for (const volume of await volumesThere(path)) await rm(volume, { force: true })
  return [path]
}

/** As fillBundle, of blobs that are all where their parts say. */
export async function writeBundle(
  path: string,
  layout: Layout,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  return await fillBundle(path, layout, (bundle) => bundle.writeRest(new Set(), onProgress, signal))
}

function openBundle(file: FileHandle, path: string, layout: Layout): OpenBundle {
  const slots = new Map<string, Slot>()
  let end = 0
  for (const { path: name, blob } of layout.entries) {
    if (name === blobPath(blob.digest)) slots.set(blob.digest, { file, path, offset: end + blockSize })
    end += entrySize(blob.size)
  }
  return {
    slotOf: (digest) => slots.get(digest),
    writeRest: async (placed, onProgress, signal) => {
      let at = 0
      const write = async (data: Uint8Array) => {
        await writeAt(file, data, at)
        at += data.length
      }
      const skip = (size: number) => {
        at += size
      }
      await writeLayout(layout, { write, placed, skip }, onProgress, signal)
    },
  }
}

async function writeAt(file: FileHandle, data: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < data.length; )
    done += (await file.write(data, done, data.length - done, at + done)).bytesWritten
}

/** The disk takes what comes while more comes: otherwise the last sync waits for nearly all of it. */
async function syncing(file: FileHandle, work: () => Promise<unknown>): Promise<void> {
  let running: Promise<void> | undefined
  let failure: unknown
  const timer = setInterval(() => {
    running ??= file
      .datasync()
      .catch((error) => {
        // The system says so once: what the last sync would hear is heard here.
        failure ??= error
      })
      .finally(() => {
        running = undefined
      })
  }, syncEvery)
  try {
    await work()
  } finally {
    clearInterval(timer)
    await running
  }
  if (failure) throw failure
}

/** Milliseconds. */
const syncEvery = 1000
