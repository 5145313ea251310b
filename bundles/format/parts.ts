import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { fail } from '../../lib/errors.ts'
import { digestOf } from '../../lib/hash.ts'

/** A piece of a blob: bytes in memory (small), or a whole file on disk. */
export type Part = { bytes: Uint8Array } | { file: string; size: number }

/** Bytes known by digest (`sha256:HEX`) and size before they are read. */
export interface BlobRef {
  digest: string
  size: number
}

/**
 * Each blob once, in the order in which they first came. Throws `integrity` for one that is said to have two sizes: what is as long as its
 * digest wants would be written over what follows the other.
 */
export function eachOnce<Ref extends BlobRef>(blobs: readonly Ref[]): Ref[] {
  const once = new Map<string, Ref>()
  for (const blob of blobs) {
    const known = once.get(blob.digest)
    if (known && known.size !== blob.size)
      fail('integrity', `is said to have ${known.size} bytes, and elsewhere ${blob.size}`, {
        where: blob.digest,
        hint: 'One of the images that name it is broken: push them again with a current tool.',
      })
    once.set(blob.digest, blob)
  }
  return [...once.values()]
}

/** A blob and where its bytes are. An image's layer is a row of parts: it never exists as a file of its own. */
export interface Blob extends BlobRef {
  parts: Part[]
}

const chunkSize = 1 << 20

/** The bytes of parts in chunks of at most 1 MiB. Throws `integrity` when a file is not as long as it was said to be. */
export async function* readParts(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if ('bytes' in part) {
      yield part.bytes
      continue
    }
    let read = 0
    for await (const chunk of createReadStream(part.file, { highWaterMark: chunkSize })) {
      read += (chunk as Buffer).length
      if (read > part.size) break
      yield chunk as Buffer
    }
    if (read !== part.size)
      fail('integrity', `is ${read > part.size ? 'longer' : 'shorter'} than ${part.size} bytes`, {
        where: part.file,
        hint: 'It changed while it was read; run again.',
      })
  }
}

/** Sum of the parts' sizes, in bytes. */
function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + ('bytes' in part ? part.bytes.length : part.size), 0)
}

/** Reads parts once to learn their digest; `onBytes` hears how many bytes each chunk had. */
export async function hashParts(parts: readonly Part[], onBytes?: (count: number) => void): Promise<BlobRef> {
  const hash = createHash('sha256')
  for await (const chunk of readParts(parts)) {
    hash.update(chunk)
    onBytes?.(chunk.length)
  }
  return { digest: `sha256:${hash.digest('hex')}`, size: sizeOf(parts) }
}

/** A blob of bytes in memory. */
export function bytesBlob(data: string | Uint8Array): Blob {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  return { digest: digestOf(bytes), size: bytes.length, parts: [{ bytes }] }
}
