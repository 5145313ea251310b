import type { DutyId } from './duties.ts'

/** The answer to an item that no control answers. Each item has this or controls, never both. */
export type Disposition =
  /** By the host or by what every cluster of ours has: what, where to see it, and the probes that look at it, if any do. */
  | { kind: 'host'; met: string; where: string; probes?: readonly string[] }
  /** By people: the paragraphs of the runbook that say how. It is attested, never passed. */
  | { kind: 'organisational'; duties: readonly DutyId[] }
  | { kind: 'not-applicable'; why: string }
  /** Not yet, and not claimed. */
  | { kind: 'planned'; why: string }
