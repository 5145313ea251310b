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
  const large = order.filter(({ size }) => size > waiting)
  const rest = order.slice(large.length)
  const feed = async (ask: Ask, portions: Portion[]) => {
    for (let portion = portions.shift(); portion; portion = portions.shift()) {
      throwIfAborted(signal)
      const digests = await ask(portion.ranges)
      for (const [index, digest] of digests.entries()) results[portion.first + index] = digest
    }
  }
  const feedAll = async (ask: Ask) => {
    await feed(ask, large)
    // One more waits for each thread: this one may be busy when it is done with the first.
    await Promise.all([feed(ask, rest), feed(ask, rest)])
  }
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(signal.reason)
  signal.addEventListener('abort', stop)
  try {
    await Promise.race([Promise.all(workers.map((worker) => feedAll(askOf(worker, onBytes)))), stopped.promise])
    return results
  } finally {
    signal.removeEventListener('abort', stop)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Bytes that are hashed sooner than a thread has begun. */
const small = 4 << 20

/** Bytes of the largest portion that may wait for a thread while others are done: a larger one would be waited for in the end. */
const waiting = 32 << 20

interface Portion {
  first: number
  ranges: Range[]
  size: number
}

/**
 * Neighbours together, as a disk likes it, until a message is worth its while; the largest first, so that no thread is left with one when
 * the others are done.
 */
function inPortions(ranges: readonly Range[]): Portion[] {
  const portions: Portion[] = []
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
