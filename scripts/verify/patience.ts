// What another does in its own time, and how long a probe waits for it.
import type { Env } from './env.ts'
import type { Check } from './probe.ts'

/** Milliseconds of nothing, between two looks at something that another does. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/**
 * What `look` sees as soon as it passes; after `patience` milliseconds, or once the run is stopped, what it saw last. It
 * looks at least once.
 */
export async function within(
  { signal }: Pick<Env, 'signal'>,
  patience: number,
  look: () => Promise<Check>,
  wait = pause,
): Promise<Check> {
  const end = performance.now() + patience
  for (;;) {
    const seen = await look()
    if (seen.verdict === 'pass' || signal.aborted || performance.now() > end) return seen
    await wait(500)
  }
}
