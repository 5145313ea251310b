import type { Evidence } from '../verify/evidence.ts'
import { severity } from '../verify/fold.ts'
import type { Outcome } from '../verify/probe.ts'

/** `absent`: that run's version of redoubt had no such probe or control. */
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

interface Row {
  id: string
  outcome: Outcome
  why: string
}

type Run = Pick<Evidence, 'probes' | 'controls' | 'complete'>

/**
 * What became of every probe and control whose outcome is not what it was; what got worse first. Of a run that asked only some probes
 * (`--only`) just those are compared, and no controls: their other probes are missing.
 */
export function compareRuns(before: Run, after: Run): Change[] {
  const whole = before.complete && after.complete
  const changes = [
    ...compareRows('probe', before.probes, after.probes, whole),
    ...(whole ? compareRows('control', before.controls, after.controls, whole) : []),
  ]
  return changes.toSorted((a, b) => Number(b.worse) - Number(a.worse))
}

function compareRows(kind: Change['kind'], before: readonly Row[], after: readonly Row[], whole: boolean): Change[] {
  const ids = [...new Set([...before, ...after].map((row) => row.id))]
  return ids.flatMap((id) => {
    const [old, now] = [before, after].map((rows) => rows.find((row) => row.id === id))
    if (old?.outcome === now?.outcome || (!whole && !(old && now))) return []
    return [
      {
        kind,
        id,
        before: old?.outcome ?? 'absent',
        after: now?.outcome ?? 'absent',
        worse: isWorse(old?.outcome, now?.outcome),
        why: now?.why ?? '',
      },
    ]
  })
}

/**
 * A question that is no longer put is an answer lost; a new one has to be answered well. A failure that cannot be looked at any more
 * is not mended.
 */
function isWorse(was: Outcome | undefined, is: Outcome | undefined): boolean {
  if (is === undefined) return true
  if (was === 'fail' && is === 'not-evaluated') return true
  return severity[is] > (was === undefined ? severity.waived : severity[was])
}
