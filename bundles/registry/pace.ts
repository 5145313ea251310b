import type { ClientRequest, IncomingMessage } from 'node:http'
import { Transient } from './retry.ts'

/** How slow a connection may be before it counts as lost: so many bytes, both ways together, in each so many milliseconds. */
export interface Pace {
  bytes: number
  milliseconds: number
}

/** 16 KiB a minute: a modem is faster, and a server that gives a byte now and then to keep us is not. */
export const pace: Pace = { bytes: 16 << 10, milliseconds: 60_000 }

/** How many windows a registry may be silent once it has a whole upload: it moves what came to where it keeps it. */
const afterUpload = 5

/**
 * Ends an exchange that is slower than `least`, from its connection to the last byte of its answer, with a Transient. Time in which it
 * waits for a connection does not count.
 */
export function watchPace(outgoing: ClientRequest, least: Pace): void {
  outgoing.once('socket', (socket) => {
    const moved = () => socket.bytesRead + socket.bytesWritten
    let before = moved()
    let slow = 0
    let answer: IncomingMessage | undefined
    const timer = setInterval(() => {
      slow = moved() - before < least.bytes ? slow + 1 : 0
      before = moved()
      const uploaded = outgoing.writableFinished && ['PUT', 'PATCH'].includes(outgoing.method) && !answer
      if (slow < (uploaded ? afterUpload : 1)) return
      const late = new Transient(`gave less than ${least.bytes} bytes in ${(least.milliseconds * slow) / 1000} s`)
      ;(answer ?? outgoing).destroy(late)
    }, least.milliseconds)
    outgoing.once('response', (begun) => {
      answer = begun
      begun.once('end', () => clearInterval(timer))
    })
    outgoing.once('close', () => clearInterval(timer))
  })
}
