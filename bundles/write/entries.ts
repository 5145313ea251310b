import { createHash } from 'node:crypto'
import { throwIfAborted } from '../../lib/exec.ts'
import { blobPath } from '../format/names.ts'
import { type Blob, readParts } from '../format/parts.ts'
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

/** Where the bytes of a layout go, in order. */
interface Output {
  write(data: Uint8Array): Promise<void>
  /** Blobs whose bytes are there already are passed over. */
  placed?: ReadonlySet<string>
  skip?(size: number): void
}

/** Hands every byte of a layout over, each read and hashed once. Throws DamagedBlob. */
export async function writeLayout(
  layout: Layout,
  output: Output,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let done = 0
  for (const entry of layout.entries)
    await writeEntry(output, entry, signal, (count) => {
      done += count
      onProgress(done)
    })
  await output.write(Buffer.alloc(trailerSize))
}

async function writeEntry(
  { write, placed, skip }: Output,
  { path, mode, blob }: LayoutEntry,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<void> {
  await write(tarHeader({ path, mode, type: 'file', size: blob.size }))
  if (placed?.has(blob.digest) && path === blobPath(blob.digest)) {
    skip?.(blob.size)
    onBytes(blob.size)
  } else await writeBlob(write, blob, signal, onBytes)
  await write(Buffer.alloc(paddingOf(blob.size)))
}

async function writeBlob(
  write: Output['write'],
  blob: Blob,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<void> {
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
}
