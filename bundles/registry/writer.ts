// The way of a blob to the disk, hashed and written by a thread: a few portions of it are in memory.
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import { fail } from '../../lib/errors.ts'
import { throwWriteError } from '../../lib/files.ts'
import type { Slot } from './partial.ts'
import { type Done, type Job, startWriting } from './write-thread.ts'

/** Where the bytes of one blob go. */
export interface Writer {
  /** Until the first bytes that there are were hashed, and put into the other slots. */
  begun: Promise<unknown> | undefined
  /**
   * Takes the next bytes, and their memory: nobody may look at the chunk afterwards. What it returns is to be waited for before more comes.
   * Throws `failed` when a disk does not take what came before.
   */
  write(chunk: Buffer): Promise<unknown> | undefined
  /** Writes what is left; SHA-256 (hex) of everything. Afterwards no file of it is touched any more. Throws as write(). */
  end(): Promise<string>
}

/** Bytes that are handed to a thread at once: a kill loses what is in memory of a blob, at most three of these. */
const portion = 128 << 10

/** Begins a blob that goes to all of `slots`, and of which `kept`, one of these, has the first `have` bytes. */
export function openWriter(slots: readonly Slot[], kept: Slot | undefined, have: number): Writer {
  const thread = leastBusy()
  thread.open++
  const blob = nextBlob++
  let begin: Job['begin'] = {
    places: slots.map(({ file, offset }) => ({ fd: file.fd, offset })),
    kept: have > 0 ? kept?.file.fd : undefined,
    have,
  }
  let memory: SharedArrayBuffer | undefined
  let filled = 0
  let before: Promise<string> | undefined
  let ended: Promise<string> | undefined
  let failure: Done['failure']

  const send = async (end: boolean): Promise<string> => {
    const bytes = memory && { memory, size: filled }
    const job = { blob, ...(begin ? { begin } : {}), ...(bytes ? { bytes } : {}), end }
    begin = undefined
    memory = undefined
    filled = 0
    const done = await ask(thread, job)
    if (bytes) free.push(bytes.memory)
    failure ??= done.failure
    return done.digest ?? ''
  }
  const finish = async (): Promise<string> => {
    const digest = await send(true)
    thread.open--
    if (failure) throwFailure(failure, slots)
    return digest
  }
  return {
    begun: have > 0 ? send(false) : undefined,
    write: (chunk) => {
      if (failure) throwFailure(failure, slots)
      let full: Promise<unknown> | undefined
      for (let done = 0; done < chunk.length; ) {
        memory ??= free.pop() ?? new SharedArrayBuffer(portion)
        const count = chunk.copy(Buffer.from(memory), filled, done)
        filled += count
        done += count
        if (filled < portion) continue
        full = before
        before = send(false)
      }
      giveBack(chunk)
      return full
    },
    end: () => {
      ended ??= finish()
      return ended
    },
  }
}

/** Memory that is given back at once is the next chunk's; the collector would come by when there are 100 MB of it. */
function giveBack({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0)
}

let nextBlob = 0
/** Memory of portions that nobody has. */
const free: SharedArrayBuffer[] = []

interface Thread {
  worker: Worker
  /** Blobs that are its own now. */
  open: number
  /** It answers in the order in which it was asked. */
  asked: ((done: Done) => void)[]
}

const threads: Thread[] = []

/** Another thread as long as there are fewer than cores and none is idle. */
function leastBusy(): Thread {
  const [least] = [...threads].sort((a, b) => a.open - b.open)
  return least && (least.open === 0 || threads.length >= availableParallelism()) ? least : start()
}

function start(): Thread {
  const thread: Thread = { worker: startWriting(), open: 0, asked: [] }
  thread.worker.unref()
  thread.worker.on('message', (done: Done) => {
    thread.asked.shift()?.(done)
    if (thread.asked.length === 0) thread.worker.unref()
  })
  threads.push(thread)
  return thread
}

/** Without threads that owe an answer, the process may end. */
function ask(thread: Thread, job: Job): Promise<Done> {
  if (thread.asked.length === 0) thread.worker.ref()
  return new Promise((resolve) => {
    thread.asked.push(resolve)
    thread.worker.postMessage(job)
  })
}

function throwFailure({ place, code, message }: NonNullable<Done['failure']>, slots: readonly Slot[]): never {
  const path = slots[place]?.path ?? ''
  const error = Object.assign(new Error(message), { code })
  try {
    return throwWriteError(error, path)
  } catch (thrown) {
    // Whatever else the disk has: asking the registry again does not mend it.
    if (thrown === error) fail('failed', message, { where: path, cause: error })
    throw thrown
  }
}
