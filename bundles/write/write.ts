import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { requireSpace } from '../../lib/disk.ts'
import { throwIfAborted } from '../../lib/exec.ts'
import { writeWhole } from '../../lib/files.ts'
import { clearLeftovers, temporaryName } from '../../lib/leftovers.ts'
import { type Blob, readParts } from '../format/parts.ts'
import { volumesThere } from '../format/volume-names.ts'
import { paddingOf, tarHeader, trailerSize } from '../tar.ts'
import type { Layout, LayoutEntry } from './layout.ts'

/** Thrown when a blob's bytes are not what its digest says: the caller drops what is damaged and makes it again. */
export class DamagedBlob extends Error {
  readonly blob: Blob

  constructor(blob: Blob) {
    super(`${blob.digest} is damaged`)
    this.name = 'DamagedBlob'
    this.blob = blob
  }
}

/**
 * Writes a layout to `path`: to a temporary name beside it, each byte read and hashed once on its way, synced, renamed. Memory does not
 * depend on sizes. Volumes of an earlier bundle of this name go. Returns the paths of what was written. Nothing is left after a failure.
 * Throws DamagedBlob, and `failed` when the disk is full or not writable.
 */
export async function writeBundle(
  path: string,
  layout: Layout,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  await clearLeftovers(path)
  await requireSpace(dirname(path), layout.size, 'the bundle')
  await writeWhole(path, temporaryName(path), 0o644, (file) =>
    writeLayout(layout, (data) => file.writeFile(data), onProgress, signal),
  )
  for (const volume of await volumesThere(path)) await rm(volume, { force: true })
  return [path]
}

/** Hands every byte of a layout to `write`, in order. Throws DamagedBlob. */
export async function writeLayout(
  layout: Layout,
  write: (data: Uint8Array) => Promise<void>,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let done = 0
  for (const entry of layout.entries)
    await writeEntry(write, entry, signal, (count) => {
      done += count
      onProgress(done)
    })
  await write(Buffer.alloc(trailerSize))
}

async function writeEntry(
  write: (data: Uint8Array) => Promise<void>,
  { path, mode, blob }: LayoutEntry,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<void> {
  await write(tarHeader({ path, mode, type: 'file', size: blob.size }))
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of readParts(blob.parts)) {
    throwIfAborted(signal)
    hash.update(chunk)
    size += chunk.length
    if (size > blob.size) break
    await write(chunk)
    onBytes(chunk.length)
  }
  if (size !== blob.size || `sha256:${hash.digest('hex')}` !== blob.digest) throw new DamagedBlob(blob)
  await write(Buffer.alloc(paddingOf(blob.size)))
}
