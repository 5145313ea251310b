// One blob from a registry into the cache. What came is kept: a lost connection, a kill, another run go on where it stopped.

import { createHash, type Hash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { type FileHandle, open, readdir, rename } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { basename, dirname, join } from 'node:path'
import { errnoOf, fail, messageOf, RedoubtError } from '../../lib/errors.ts'
import { throwIfAborted } from '../../lib/exec.ts'
import { throwWriteError } from '../../lib/files.ts'
import { hexOf } from '../../lib/hash.ts'
import { temporaryName } from '../../lib/leftovers.ts'
import { alive } from '../../lib/lock.ts'
import { type Cache, cachedPath, isCached } from '../cache.ts'
import type { BlobRef } from '../format/parts.ts'
import { type Client, Refused } from './client.ts'
import { pace } from './pace.ts'
import { retrying, Transient } from './retry.ts'

/** A repository that holds a blob. */
export interface BlobSource {
  registry: string
  repository: string
  /** The whole URL of what is no registry's blob. */
  path?: string
}

/** What has come of a blob: its bytes in `file`, and their hash. */
interface Partial {
  file: FileHandle
  path: string
  have: number
  hash: Hash
}

/**
 * Fetches a blob into the cache unless it is there; `onBytes` hears of bytes as they come (those of an earlier run too). Each byte is
 * hashed in flight and never more than `size` are taken. Throws `integrity` for wrong bytes, `failed` when the registry gives up.
 */
export async function fetchBlob(
  client: Client,
  cache: Cache,
  sources: readonly BlobSource[],
  blob: BlobRef,
  onBytes: (count: number) => void,
): Promise<void> {
  if (await isCached(cache, blob)) return onBytes(blob.size)
  const partial = await claim(cache, blob)
  try {
    onBytes(partial.have)
    for (let round = 0; ; round++) {
      await fetchFromAny(client, sources, blob, partial, onBytes)
      if (`sha256:${partial.hash.copy().digest('hex')}` === blob.digest) break
      // The beginning may be an earlier run's and damaged on disk: once again from zero, then it is the registry's.
      await restart(partial, onBytes)
      if (round === 1)
        fail('integrity', 'the bytes are not what their digest says', {
          where: placeOf(sources[0], blob),
          hint: wrongBytesHint,
        })
    }
    await rename(partial.path, cachedPath(cache, blob.digest))
  } catch (error) {
    throwWriteError(error, partial.path)
  } finally {
    await partial.file.close()
  }
}

const wrongBytesHint = 'The registry, or something between it and here, changes what it sends.'

function placeOf(source: BlobSource | undefined, blob: BlobRef): string {
  return source?.path ?? `${source?.registry}/${source?.repository} ${blob.digest}`
}

/** The next source is asked when one does not have it. */
async function fetchFromAny(
  client: Client,
  sources: readonly BlobSource[],
  blob: BlobRef,
  partial: Partial,
  onBytes: (count: number) => void,
): Promise<void> {
  for (const [index, source] of sources.entries())
    try {
      const once = () => fetchRest(client, source, blob, partial, onBytes)
      // A byte now and then is no progress: who drips would be asked for ever.
      return await retrying(placeOf(source, blob), client.retry, once, () => Math.floor(partial.have / pace.bytes))
    } catch (error) {
      if (!(error instanceof Refused && error.status === 404) || index === sources.length - 1) throw error
    }
}

/** One attempt: asks for what is missing (RFC 9110 section 14) and appends it. */
async function fetchRest(
  client: Client,
  source: BlobSource,
  blob: BlobRef,
  partial: Partial,
  onBytes: (count: number) => void,
): Promise<void> {
  if (partial.have === blob.size) return
  const headers: Record<string, string> = partial.have > 0 ? { range: `bytes=${partial.have}-` } : {}
  const answer = await client.pull({ path: `blobs/${blob.digest}`, ...source, headers }).catch((error) => {
    if (!(error instanceof Refused && error.status === 416)) throw error
    return fail('integrity', `ends after ${partial.have} of the ${blob.size} bytes it should have`, {
      where: placeOf(source, blob),
      hint: wrongBytesHint,
    })
  })
  try {
    if (!continues(answer, partial.have)) await restart(partial, onBytes)
    for await (const chunk of answer) {
      throwIfAborted(client.retry.signal)
      if (partial.have + chunk.length > blob.size)
        fail('integrity', `sends more than the ${blob.size} bytes it should have`, {
          where: placeOf(source, blob),
          hint: wrongBytesHint,
        })
      await append(partial, chunk)
      onBytes(chunk.length)
    }
  } catch (error) {
    answer.destroy()
    if (error instanceof RedoubtError || client.retry.signal.aborted) throw error
    const why = error instanceof Transient ? `: ${error.message}` : ''
    throw new Transient(`broke off after ${partial.have} of ${blob.size} bytes${why}`)
  }
  if (partial.have < blob.size) throw new Transient(`ended after ${partial.have} of ${blob.size} bytes`)
}

/** Whether an answer goes on where we stopped; a server may ignore Range and begin at zero. */
function continues(answer: IncomingMessage, have: number): boolean {
  if (have === 0) return true
  return answer.statusCode === 206 && (answer.headers['content-range'] ?? '').startsWith(`bytes ${have}-`)
}

async function append(partial: Partial, chunk: Buffer): Promise<void> {
  partial.hash.update(chunk)
  try {
    for (let done = 0; done < chunk.length; )
      done += (await partial.file.write(chunk, done, chunk.length - done, partial.have + done)).bytesWritten
  } catch (error) {
    // Whatever the disk has: asking the registry again does not mend it.
    if (errnoOf(error) === 'EIO' || errnoOf(error) === 'EFBIG')
      fail('failed', messageOf(error), { where: partial.path, cause: error })
    throwWriteError(error, partial.path)
  }
  partial.have += chunk.length
}

async function restart(partial: Partial, onBytes: (count: number) => void): Promise<void> {
  onBytes(-partial.have)
  await partial.file.truncate(0)
  partial.have = 0
  partial.hash = createHash('sha256')
}

/** Takes over what a process that is gone left of this blob, or begins it; the name says that it is ours now. */
async function claim(cache: Cache, blob: BlobRef): Promise<Partial> {
  const place = join(cache.root, 'partial', hexOf(blob.digest))
  try {
    const path = temporaryName(place)
    await adoptLargest(place, path)
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644)
    const hash = createHash('sha256')
    let have = 0
    const { size } = await file.stat()
    if (size > blob.size) await file.truncate(0)
    else
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
        hash.update(chunk)
        have += chunk.length
      }
    return { file, path, have, hash }
  } catch (error) {
    return throwWriteError(error, place)
  }
}

async function adoptLargest(place: string, path: string): Promise<void> {
  for (const entry of await readdir(dirname(place))) {
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
