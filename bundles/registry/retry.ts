import { setTimeout } from 'node:timers/promises'
import { fail } from '../../lib/errors.ts'

/** Something that may be better in a moment: a lost connection, 429, 500, 502, 503, 504. */
export class Transient extends Error {
  /** Milliseconds that the server asked to be left alone (Retry-After). */
  readonly after: number | undefined

  constructor(message: string, after?: number) {
    super(message)
    this.name = 'Transient'
    this.after = after
  }
}

export interface Retry {
  /** Waits so many milliseconds; tests do not. */
  wait: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
  signal: AbortSignal
  /** Hears why it is tried again, and in how many milliseconds. */
  onRetry: (why: string, wait: number) => void
}

/** Attempts without any progress, and the longest wait that a server may ask for, in milliseconds. */
const attempts = 6
const longest = 120_000

export const pause: Retry['wait'] = (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal })

/**
 * Runs `work` until it succeeds. A Transient is tried again after 0.5, 1, 2, 4, 8 s, or what the server asked for; progress (a number
 * that grew, bytes) starts the count anew. Throws `failed` with the last reason at the end, and everything else at once.
 */
export async function retrying<T>(what: string, retry: Retry, work: () => Promise<T>, progress = () => 0): Promise<T> {
  let failures = 0
  let before = progress()
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Transient)) throw error
      const now = progress()
      failures = now > before ? 1 : failures + 1
      before = Math.max(before, now)
      if (failures === attempts || (error.after ?? 0) > longest)
        fail('failed', `${error.message}${failures > 1 ? `, ${failures} times` : ''}`, {
          where: what,
          hint: 'Run again when it answers: what is in the cache, or was pushed, is kept.',
          cause: error,
        })
      const wait = error.after ?? 500 * 2 ** (failures - 1)
      retry.onRetry(`${what}: ${error.message}`, wait)
      await retry.wait(wait, retry.signal)
    }
  }
}

/** Milliseconds of a Retry-After header: seconds, or a date (RFC 9110 section 10.2.3). */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
