// What a thread does that hashes blobs and writes them: a registry is heard while the disk is busy.
import { Worker } from 'node:worker_threads'

/** What a thread is asked, each in its turn. */
export interface Job {
  blob: number
  /** Begins a blob: where it goes, and the file that has the first `have` bytes of it. */
  begin?: { places: { fd: number; offset: number }[]; kept: number | undefined; have: number }
  /** The next bytes. */
  bytes?: { memory: SharedArrayBuffer; size: number }
  /** That was all. */
  end: boolean
}

/** What it answers to each. */
export interface Done {
  /** SHA-256 (hex), at the end. */
  digest?: string
  /** What went wrong with this blob first, and in which of its places. */
  failure?: { place: number; code: string | undefined; message: string }
}

/** The executable is one script, so a thread's code cannot be a file of its own: it is this function's text. */
export function startWriting(): Worker {
  return new Worker(`(${answer.toString()})()`, { eval: true })
}

/** Runs in the thread, and may name nothing from outside itself. */
function answer(): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads')
  const { readSync, writeSync } = process.getBuiltinModule('node:fs')
  const { createHash } = process.getBuiltinModule('node:crypto')
  type Blob = { hash: ReturnType<typeof createHash>; places: { fd: number; offset: number }[]; at: number } & Done
  const blobs = new Map<number, Blob>()

  // An error that crosses to another thread loses its code.
  const note = (blob: Blob, place: number, error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException
    blob.failure ??= { place, code, message }
  }
  const put = (blob: Blob, data: Uint8Array, kept?: number) => {
    blob.hash.update(data)
    for (const [place, { fd, offset }] of blob.places.entries())
      try {
        for (let done = 0; fd !== kept && done < data.length; )
          done += writeSync(fd, data, done, data.length - done, offset + blob.at + done)
      } catch (error) {
        note(blob, place, error)
      }
    blob.at += data.length
  }
  const takeOver = (blob: Blob, kept: number, have: number) => {
    const buffer = new Uint8Array(256 << 10)
    try {
      for (let count = 1; count > 0 && blob.at < have; ) {
        count = readSync(kept, buffer, 0, Math.min(buffer.length, have - blob.at), blob.at)
        put(blob, buffer.subarray(0, count), kept)
      }
    } catch (error) {
      note(
        blob,
        blob.places.findIndex(({ fd }) => fd === kept),
        error,
      )
    }
  }
  parentPort?.on('message', ({ blob: id, begin, bytes, end }: Job) => {
    const blob = blobs.get(id) ?? { hash: createHash('sha256'), places: begin?.places ?? [], at: 0 }
    blobs.set(id, blob)
    if (begin?.kept !== undefined) takeOver(blob, begin.kept, begin.have)
    if (bytes && !blob.failure) put(blob, new Uint8Array(bytes.memory, 0, bytes.size))
    if (end) blobs.delete(id)
    const done: Done = {
      ...(blob.failure ? { failure: blob.failure } : {}),
      ...(end ? { digest: blob.hash.digest('hex') } : {}),
    }
    parentPort?.postMessage(done)
  })
}
