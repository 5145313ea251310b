import type { Env } from './env.ts'

const last = new WeakMap<Env['model'], Map<string, Promise<unknown>>>()

/** Runs the work of probes that would disturb each other on a node one after the other, within one run of verify. */
export function inTurn<T>(env: Env, node: string, work: () => Promise<T>): Promise<T> {
  const turns = last.get(env.model) ?? new Map<string, Promise<unknown>>()
  last.set(env.model, turns)
  const turn = (turns.get(node) ?? Promise.resolve()).then(work)
  turns.set(
    node,
    turn.catch(() => undefined),
  )
  return turn
}
