// What hashes, in this thread or in another: it reads by itself, as the pieces say.
import { Worker } from 'node:worker_threads'
import type { Piece } from './file.ts'

/** Bytes that are hashed as one, wherever their pieces are. */
export interface Range {
  /** Bytes that are hashed. */
  size: number
  /** Where `before`, these bytes and zeros up to the end stand. */
  pieces: readonly Piece[]
  /** What must stand before them, and is not hashed; made when a thread is to begin. */
  before?: () => Uint8Array
}

/** A range as it is sent to a thread. */
type Sent = Omit<Range, 'before'> & { before: Uint8Array }

/** Ranges with what must stand before them made. */
export function toSend(ranges: readonly Range[]): Sent[] {
  return ranges.map(({ before, ...range }) => ({ ...range, before: before?.() ?? new Uint8Array() }))
}

/** Hashes here. */
export function hashHere(ranges: readonly Range[], onBytes: (count: number) => void): string[] {
  return hashPieces(toSend(ranges), Buffer.alloc(bufferSize), onBytes)
}

/** More than a core's own cache holds would be written and read from memory. */
const bufferSize = 256 << 10

/** The executable is one script, so a thread's code cannot be a file of its own: it is these functions' text. */
export function startHashing(): Worker {
  const text = `const hashPieces = ${hashPieces.toString()}; (${answer.toString()})(${bufferSize})`
  return new Worker(text, { eval: true })
}

/** Runs in the thread: digests of what it is sent, and how far it is. */
function answer(size: number): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads')
  const buffer = Buffer.alloc(size)
  parentPort?.on('message', (ranges: Sent[]) => {
    parentPort?.postMessage(hashPieces(ranges, buffer, (count) => parentPort?.postMessage(count)))
  })
}

/**
 * SHA-256 (hex) of each range: of what there is of it, and '' where what stands around it is not as it must be. Runs in the thread too,
 * and may name nothing from outside itself.
 */
function hashPieces(ranges: readonly Sent[], buffer: Buffer, onBytes: (count: number) => void): string[] {
  const { readSync } = process.getBuiltinModule('node:fs')
  const { createHash } = process.getBuiltinModule('node:crypto')
  let unsaid = 0
  const digests = ranges.map(({ size, pieces, before }) => {
    const hash = createHash('sha256')
    const end = before.length + size
    let framed = true
    let at = 0
    const take = (count: number) => {
      const [from, to] = [Math.max(0, before.length - at), Math.max(0, end - at)]
      const head = buffer.subarray(0, Math.min(from, count))
      if (!head.equals(before.subarray(at, at + head.length))) framed = false
      if (from < count) hash.update(buffer.subarray(from, Math.min(to, count)))
      if (to < count && buffer.subarray(to, count).some((byte) => byte !== 0)) framed = false
      at += count
      unsaid += count
      if (unsaid < 32 << 20) return
      onBytes(unsaid)
      unsaid = 0
    }
    for (const { fd, offset, size } of pieces)
      for (let done = 0; done < size; ) {
        let count = 0
        try {
          count = readSync(fd, buffer, 0, Math.min(buffer.length, size - done), offset + done)
        } catch {}
        if (count === 0) break
        take(count)
        done += count
      }
    // What stands around may be what is missing: its digest would not tell.
    const whole = before.length === 0 || at === pieces.reduce((sum, piece) => sum + piece.size, 0)
    return framed && whole ? hash.digest('hex') : ''
  })
  onBytes(unsaid)
  return digests
}
