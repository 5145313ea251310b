import type { Env } from './env.ts'

/** Unknown is never a pass: `not-evaluated` says why and ends with exit code 3, as `fail` does. */
export const outcomes = ['pass', 'fail', 'waived', 'not-applicable', 'not-evaluated'] as const
export type Outcome = (typeof outcomes)[number]

/**
 * What a probe cannot do without. `api`: an answering API server and our identity; `issue`: the CA keys, for short-lived
 * client certificates; `nodes`: programs run on nodes; `sandbox`: our own namespace; `two-nodes`: pods on two nodes; `provider-key`:
 * the key of a test identity provider.
 */
export type Need = 'api' | 'issue' | 'nodes' | 'sandbox' | 'two-nodes' | 'provider-key'

/** Headings of the report, in its order. `works` proves function, not a control. */
export const groups = [
  'transport',
  'identity',
  'authorization',
  'workloads',
  'data',
  'nodes',
  'settings',
  'works',
] as const
export type Group = (typeof groups)[number]

/** One exchange with the running cluster and what we make of it. Everything here is shown: redacted, short, one line each. */
export interface Check {
  /** `https://10.77.0.11:6443`, `node cp1` */
  where: string
  sent: string
  expected: string
  /** What came back: a status, a TLS alert, a line of text; or why nothing did. */
  saw: string
  verdict: 'pass' | 'fail' | 'unknown'
}

/** A question put to the running cluster. It names the controls it proves; one that proves none is a claim about any cluster. */
export interface Probe {
  id: string
  title: string
  group: Group
  /** Ids of templates/controls.ts. */
  controls: readonly string[]
  needs: readonly Need[]
  /** Why this cluster has nothing to ask, besides what render says of the controls. */
  notApplicable?(env: Env): string | undefined
  /** Milliseconds until it counts as not evaluated. */
  budget: number
  /** The checks made, in order. What it throws counts as not evaluated. */
  run(env: Env): Promise<Check[]>
}

/** A check whose verdict is already known. */
export function check(verdict: Check['verdict'], where: string, sent: string, expected: string, saw: string): Check {
  return { where, sent, expected, saw: oneLine(saw), verdict }
}

/** Text on one line, at most `length` characters, without what would steer a terminal: servers under test write it. */
export function oneLine(text: string, length = 200): string {
  const flat = text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/\p{Cc}/gu, '·')
  return flat.length > length ? `${flat.slice(0, length - 1)}…` : flat
}
