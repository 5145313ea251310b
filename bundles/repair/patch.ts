import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { requireSpace } from '../../lib/disk.ts'
import { fail } from '../../lib/errors.ts'
import { throwIfAborted } from '../../lib/exec.ts'
import { throwWriteError } from '../../lib/files.ts'
import type { Archive } from '../read/archive.ts'
import type { WrongFile } from './damage.ts'
import type { KnownRegion } from './regions.ts'
import type { Find } from './sources.ts'

interface Patch {
  files: readonly WrongFile[]
  known: readonly KnownRegion[]
  finds: readonly Find[]
}

/**
 * Writes what is wrong into the files themselves: first what the head says, so that a run after a kill finds it whole; then blobs. Bytes
 * that were right are not touched, and until all is written verify refuses the bundle as before. Throws `failed` when the disk is full.
 */
export async function patch(
  archive: Archive,
  { files, known, finds }: Patch,
  onBytes: (count: number) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await requireSpace(dirname(archive.path), await growth(files), 'the repair')
    for (const { slice, header, length } of files) {
      slice.handle ??= await open(slice.path, 'wx+', 0o644)
      await slice.handle.truncate(length)
      if (header.length > 0) await slice.handle.write(header, 0, header.length, 0)
    }
    for (const { offset, bytes } of known) await writeAt(archive, offset, bytes)
    for (const { region, read } of finds) {
      let done = 0
      for await (const chunk of read()) {
        throwIfAborted(signal)
        await writeAt(archive, region.offset + done, chunk)
        done += chunk.length
        onBytes(chunk.length)
      }
    }
    for (const { handle } of archive.file.slices) await handle?.datasync()
  } catch (error) {
    throwWriteError(error, archive.path)
  }
}

/** Bytes that the files lack. */
async function growth(files: readonly WrongFile[]): Promise<number> {
  let sum = 0
  for (const { slice, length } of files) sum += Math.max(0, length - ((await slice.handle?.stat())?.size ?? 0))
  return sum
}

/** Writes bytes at an offset of the bundle, into as many files as they span. */
async function writeAt({ file }: Archive, offset: number, bytes: Uint8Array): Promise<void> {
  let done = 0
  for (const { path, handle, start, size, skip } of file.slices) {
    const end = file.slices.length === 1 ? offset + bytes.length : start + size
    while (done < bytes.length && offset + done < end) {
      const at = offset + done
      const count = Math.min(bytes.length - done, end - at)
      const result = await handle?.write(bytes, done, count, skip + at - start)
      if (!result) return fail('failed', 'is gone', { where: path })
      done += result.bytesWritten
    }
  }
}
