// A layer of bytes that cannot be compressed and are always the same: gzip, without effort, of a tar with one file.
import { createCipheriv, createHash, type Hash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { BlobRef } from '../../../bundles/format/parts.ts'
import { paddingOf, tarHeader, trailerSize } from '../../../bundles/tar.ts'

export interface Layer extends BlobRef {
  /** Digest of the tar inside (image-spec, config.md). */
  diffId: string
}

/** Makes the layer of a number, of about `size` bytes, in `place`, which names a blob's file by its digest. */
export async function makeLayer(
  seed: number,
  number: number,
  size: number,
  temporary: string,
  place: (digest: string) => Promise<string>,
): Promise<Layer> {
  const inside = createHash('sha256')
  const outside = createHash('sha256')
  let packed = 0
  const tar = Readable.from(noting(tarOf(seed, number, size), inside), { objectMode: false, highWaterMark: 1 << 20 })
  const gzip = createGzip({ level: 0, chunkSize: 1 << 20 })
  const counted = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of noting(chunks, outside)) {
      packed += chunk.length
      yield chunk
    }
  }
  await pipeline(tar, gzip, counted, createWriteStream(temporary))
  const digest = `sha256:${outside.digest('hex')}`
  await rename(temporary, await place(digest))
  return { digest, size: packed, diffId: `sha256:${inside.digest('hex')}` }
}

async function* noting(chunks: AsyncIterable<Buffer> | Iterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

function* tarOf(seed: number, number: number, size: number): Generator<Buffer> {
  yield tarHeader({ path: `data/${number}`, type: 'file', mode: 0o644, size })
  const key = createHash('sha256').update(`${seed} ${number}`).digest()
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const zeros = Buffer.alloc(1 << 20)
  for (let at = 0; at < size; at += zeros.length)
    yield cipher.update(zeros.subarray(0, Math.min(zeros.length, size - at)))
  yield Buffer.alloc(paddingOf(size) + trailerSize)
}
