// One blob from a registry into the cache, or where it is to be. What came is kept: a lost connection, a kill, another run go on where it stopped.
import { rename } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream'
import { fail, RedoubtError } from '../../lib/errors.ts'
import { throwIfAborted } from '../../lib/exec.ts'
import { throwWriteError } from '../../lib/files.ts'
import { type Cache, cachedPath, isCached } from '../cache.ts'
import type { BlobRef } from '../format/parts.ts'
import { type Client, Refused } from './client.ts'
import { pace } from './pace.ts'
import { begin, claim, type Partial, restart, type Slot } from './partial.ts'
import { retrying, Transient } from './retry.ts'

/** A repository that holds a blob. */
export interface BlobSource {
  registry: string
  repository: string
  /** The whole URL of what is no registry's blob. */
  path?: string
}

/** Where a blob goes as it comes: into the cache unless `keep` is false, and into a slot if there is one. */
interface Goal {
  slot?: Slot | undefined
  keep?: boolean
}

/**
 * Fetches a blob unless the cache has it; `onBytes` hears of bytes as they come (those of an earlier run too). Each byte is hashed in
 * flight and never more than `size` are taken. Returns whether it went into the goal's slot: what the cache has does not. Throws
 * `integrity` for wrong bytes, `failed` when the registry gives up.
 */
export async function fetchBlob(
  client: Client,
  cache: Cache,
  sources: readonly BlobSource[],
  blob: BlobRef,
  onBytes: (count: number) => void,
  { slot, keep = true }: Goal = {},
): Promise<boolean> {
  const path = cachedPath(cache, blob.digest)
  // Two images may have a blob at once: the second waits for the first, and finds it in the cache.
  while (keep && underWay.has(path)) await underWay.get(path)?.catch(() => {})
  const work = fetchOnce(client, cache, sources, blob, onBytes, { slot, keep })
  if (!keep) return await work
  underWay.set(path, work)
  return await work.finally(() => underWay.delete(path))
}

/** What this process is putting into caches, by its place there. */
const underWay = new Map<string, Promise<unknown>>()

async function fetchOnce(
  client: Client,
  cache: Cache,
  sources: readonly BlobSource[],
  blob: BlobRef,
  onBytes: (count: number) => void,
  { slot, keep }: Goal,
): Promise<boolean> {
  if (await isCached(cache, blob)) {
    onBytes(blob.size)
    return false
  }
  const partial = await begin(keep ? await claim(cache, blob) : undefined, slot, blob.size)
  try {
    onBytes(partial.have)
    for (let round = 0; ; round++) {
      await fetchFromAny(client, sources, blob, partial, onBytes)
      if (`sha256:${await partial.writer.end()}` === blob.digest) break
      // The beginning may be an earlier run's and damaged on disk: once again from zero, then it is the registry's.
      await restart(partial, onBytes)
      if (round === 1)
        fail('integrity', 'the bytes are not what their digest says', {
          where: placeOf(sources[0], blob),
          hint: wrongBytesHint,
        })
    }
    if (partial.kept) await rename(partial.kept.path, cachedPath(cache, blob.digest))
    return slot !== undefined
  } catch (error) {
    return throwWriteError(error, partial.slots[0]?.path ?? '')
  } finally {
    // Whatever went wrong was said: nothing may write into a file that is closed.
    await partial.writer.end().catch(() => {})
    await partial.kept?.file.close()
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
    await eachChunk(answer, (chunk) => {
      const { length } = chunk
      throwIfAborted(client.retry.signal)
      if (partial.have + length > blob.size)
        fail('integrity', `sends more than the ${blob.size} bytes it should have`, {
          where: placeOf(source, blob),
          hint: wrongBytesHint,
        })
      const full = partial.writer.write(chunk)
      partial.have += length
      onBytes(length)
      return full
    })
  } catch (error) {
    answer.destroy()
    if (error instanceof RedoubtError || client.retry.signal.aborted) throw error
    const why = error instanceof Transient ? `: ${error.message}` : ''
    throw new Transient(`broke off after ${partial.have} of ${blob.size} bytes${why}`)
  }
  if (partial.have < blob.size) throw new Transient(`ended after ${partial.have} of ${blob.size} bytes`)
}

/** Hands over what comes as it came; while a promise that `take` returned is open, nothing more. An async iterator would join what waits. */
function eachChunk(answer: IncomingMessage, take: (chunk: Buffer) => Promise<unknown> | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    finished(answer, (error) => (error ? reject(error) : resolve()))
    answer.on('data', (chunk: Buffer) => {
      try {
        const full = take(chunk)
        if (!full) return
        answer.pause()
        full.then(() => answer.resume())
      } catch (error) {
        answer.destroy(error as Error)
      }
    })
  })
}

/** Whether an answer goes on where we stopped; a server may ignore Range and begin at zero. */
function continues(answer: IncomingMessage, have: number): boolean {
  if (have === 0) return true
  return answer.statusCode === 206 && (answer.headers['content-range'] ?? '').startsWith(`bytes ${have}-`)
}
