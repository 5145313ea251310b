import type { Worker } from 'node:worker_threads'
import { throwIfAborted } from '../../lib/exec.ts'
import { hashHere, type Range, startHashing, toSend } from './hash-thread.ts'

/**
 * SHA-256 (hex) of ranges of open files, in their order, on `jobs` threads that read for themselves. A range that the files do not hold
 * whole, or a failing disk does not give, has the digest of what there is of it; one around which something else stands than must, ''.
 */
export async function hashRanges(
  ranges: readonly Range[],
  jobs: number,
  onBytes: (count: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  if (sizeOf(ranges) <= small) return hashHere(ranges, onBytes)
  const results: string[] = new Array(ranges.length)
  const order = inPortions(ranges)
  const workers = Array.from({ length: Math.min(jobs, order.length) }, startHashing)
  const feed = async (ask: Ask) => {
    for (let portion = order.shift(); portion; portion = order.shift()) {
      throwIfAborted(signal)
      const digests = await ask(portion.ranges)
      for (const [index, digest] of digests.entries()) results[portion.first + index] = digest
    }
  }
  // Each has one more portion waiting: this thread may be busy when it is done with the first.
  const asks = workers.map((worker) => askOf(worker, onBytes))
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(signal.reason)
  signal.addEventListener('abort', stop)
  try {
    await Promise.race([Promise.all([...asks, ...asks].map(feed)), stopped.promise])
    return results
  } finally {
    signal.removeEventListener('abort', stop)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Bytes that are hashed sooner than a thread has begun. */
const small = 4 << 20

/**
 * Neighbours together, as a disk likes it, until a message is worth its while; the largest first, so that no thread is left with one when
 * the others are done.
 */
function inPortions(ranges: readonly Range[]): { first: number; ranges: Range[]; size: number }[] {
  const portions: { first: number; ranges: Range[]; size: number }[] = []
  for (const [index, range] of ranges.entries()) {
    const last = portions.at(-1)
    if (last && last.size + range.size <= small) {
      last.ranges.push(range)
      last.size += range.size
    } else portions.push({ first: index, ranges: [range], size: range.size })
  }
  return portions.sort((a, b) => b.size - a.size)
}

function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { size }) => sum + size, 0)
}

type Ask = (ranges: readonly Range[]) => Promise<string[]>

/** How a thread is asked; it answers in the order in which it was. */
function askOf(worker: Worker, onBytes: (count: number) => void): Ask {
  const asked: PromiseWithResolvers<string[]>[] = []
  worker.on('message', (message: number | string[]) => {
    if (typeof message === 'number') onBytes(message)
    else asked.shift()?.resolve(message)
  })
  worker.on('error', (error) => {
    for (const { reject } of asked) reject(error)
  })
  return (ranges) => {
    const answer = Promise.withResolvers<string[]>()
    asked.push(answer)
    worker.postMessage(toSend(ranges))
    return answer.promise
  }
}
