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
  const feed = async (worker: Worker) => {
    for (let portion = order.shift(); portion; portion = order.shift()) {
      throwIfAborted(signal)
      const digests = await hashIn(worker, portion.ranges, onBytes, signal)
      for (const [index, digest] of digests.entries()) results[portion.first + index] = digest
    }
  }
  try {
    await Promise.all(workers.map(feed))
    return results
  } finally {
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

function hashIn(
  worker: Worker,
  ranges: readonly Range[],
  onBytes: (count: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: number | string[]) => {
      if (typeof message === 'number') return onBytes(message)
      stop()
      resolve(message)
    }
    const onError = (error: unknown) => {
      stop()
      reject(error)
    }
    const onAbort = () => onError(signal.reason)
    const stop = () => {
      worker.off('message', onMessage)
      worker.off('error', onError)
      signal.removeEventListener('abort', onAbort)
    }
    worker.on('message', onMessage)
    worker.on('error', onError)
    signal.addEventListener('abort', onAbort, { once: true })
    worker.postMessage(toSend(ranges))
  })
}
