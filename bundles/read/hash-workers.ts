import { Worker } from 'node:worker_threads'
import { throwIfAborted } from '../../lib/exec.ts'

import type { Piece } from './file.ts'

/** Bytes that are hashed as one, wherever their pieces are. */
export interface Range {
  size: number
  pieces: readonly Piece[]
}

/**
 * SHA-256 (hex) of ranges of open files, in their order, on `jobs` threads with 1 MiB of memory each. A range that the files do not hold
 * whole, or a failing disk does not give, has the digest of what there is of it.
 */
export async function hashRanges(
  ranges: readonly Range[],
  jobs: number,
  onBytes: (count: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const total = ranges.reduce((sum, range) => sum + range.size, 0)
  if (total <= small) return hashHere(ranges, onBytes)
  const results: string[] = new Array(ranges.length)
  // The largest first, so that no thread is left with one when the others are done.
  const order = ranges.map((_, index) => index).sort((a, b) => (ranges[b]?.size ?? 0) - (ranges[a]?.size ?? 0))
  const workers = Array.from({ length: Math.min(jobs, ranges.length) }, startWorker)
  const feed = async (worker: Worker) => {
    for (let index = order.shift(); index !== undefined; index = order.shift()) {
      throwIfAborted(signal)
      results[index] = await hashOne(worker, ranges[index] as Range, onBytes, signal)
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

function hashOne(worker: Worker, range: Range, onBytes: (count: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: number | string) => {
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
    worker.postMessage(range.pieces)
  })
}

function hashHere(ranges: readonly Range[], onBytes: (count: number) => void): string[] {
  const buffer = Buffer.alloc(1 << 20)
  return ranges.map(({ pieces }) => hashPieces(pieces, buffer, onBytes))
}

/** The executable is one script, so a thread's code cannot be a file of its own: it is these functions' text. */
function startWorker(): Worker {
  return new Worker(`const hashPieces = ${hashPieces.toString()}; (${answer.toString()})()`, { eval: true })
}

/** Runs in the thread: digests of what it is sent, and how far it is. */
function answer(): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads')
  const buffer = Buffer.alloc(1 << 20)
  parentPort?.on('message', (pieces: Piece[]) => {
    parentPort?.postMessage(hashPieces(pieces, buffer, (count) => parentPort?.postMessage(count)))
  })
}

/** SHA-256 (hex) of pieces, one after the other. Runs in the thread too, and may name nothing from outside itself. */
function hashPieces(pieces: readonly Piece[], buffer: Buffer, onBytes: (count: number) => void): string {
  const { readSync } = process.getBuiltinModule('node:fs')
  const { createHash } = process.getBuiltinModule('node:crypto')
  const hash = createHash('sha256')
  let unsaid = 0
  for (const { fd, offset, size } of pieces)
    for (let done = 0; done < size; ) {
      let count = 0
      try {
        count = readSync(fd, buffer, 0, Math.min(buffer.length, size - done), offset + done)
      } catch {}
      if (count === 0) break
      hash.update(buffer.subarray(0, count))
      done += count
      unsaid += count
      if (unsaid >= 32 << 20) {
        onBytes(unsaid)
        unsaid = 0
      }
    }
  onBytes(unsaid)
  return hash.digest('hex')
}
