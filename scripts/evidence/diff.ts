import type { Evidence } from '../verify/evidence.ts'
import { severity } from '../verify/fold.ts'
import type { Outcome } from '../verify/probe.ts'

/** `absent`: the run did not ask. That is no pass: it ranks just before what could not be evaluated. */
export type Compared = Outcome | 'absent'

export interface Change {
  kind: 'probe' | 'control'
  id: string
  before: Compared
  after: Compared
  worse: boolean
  /** Why it is as it is now. */
  why: string
}

const rank: Record<Compared, number> = { ...severity, absent: severity['not-evaluated'] - 0.5 }

interface Row {
  id: string
  outcome: Outcome
  why: string
}

/** What became of every probe and control whose outcome is not what it was; what got worse first. */
export function compareRuns(
  before: Pick<Evidence, 'probes' | 'controls'>,
  after: Pick<Evidence, 'probes' | 'controls'>,
): Change[] {
  const changes = [
    ...compareRows('probe', before.probes, after.probes),
    ...compareRows('control', before.controls, after.controls),
  ]
  return changes.toSorted((a, b) => Number(b.worse) - Number(a.worse))
}

function compareRows(kind: Change['kind'], before: readonly Row[], after: readonly Row[]): Change[] {
  const ids = [...new Set([...before, ...after].map((row) => row.id))]
  return ids.flatMap((id) => {
    const [old, now] = [before, after].map((rows) => rows.find((row) => row.id === id))
    const was: Compared = old?.outcome ?? 'absent'
    const is: Compared = now?.outcome ?? 'absent'
    if (was === is) return []
    return [{ kind, id, before: was, after: is, worse: rank[is] > rank[was], why: now?.why ?? '' }]
  })
}
