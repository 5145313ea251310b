import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from '../../lib/exec.ts'

export interface Patience {
  /** Milliseconds until it is given up. */
  limit: number
  /** Milliseconds between two looks. */
  every?: number
  signal: AbortSignal
  /** Told what is still awaited, at each look. */
  status?: (text: string) => void
}

/**
 * Looks until `look` answers undefined; its text says what is still awaited. Resolves with undefined, or with the last
 * text when the time is up. Throws what `look` throws, and `interrupted`.
 */
export async function waitUntil(
  look: () => Promise<string | undefined>,
  patience: Patience,
): Promise<string | undefined> {
  const end = performance.now() + patience.limit
  for (;;) {
    throwIfAborted(patience.signal)
    const awaited = await look()
    if (awaited === undefined) return undefined
    patience.status?.(`waiting for ${awaited}`)
    if (performance.now() >= end) return awaited
    await sleep(patience.every ?? 150, undefined, { signal: patience.signal }).catch(() => undefined)
  }
}
