import type { ControlResult } from '../verify/evidence.ts'
import { severity } from '../verify/fold.ts'
import type { Outcome } from '../verify/probe.ts'

/** One item of a benchmark, or a claim, with what became of the controls that answer it. */
export interface Item {
  /** `CIS`, `STIG`, `NSA`, `claim` */
  kind: string
  /** `1.2.5`, `V-242378`, `TLS everywhere` */
  id: string
  outcome: Outcome
  /** Of the control that decided. */
  why: string
  controls: ControlResult[]
}

const natural = new Intl.Collator('en', { numeric: true })

/**
 * The items that the controls' references name, in natural order. An item is as good as the worst of its controls, except that one that
 * is not applicable yields to one that was tried.
 */
export function itemsOf(controls: readonly ControlResult[]): Item[] {
  const answered = new Map<string, ControlResult[]>()
  for (const control of controls)
    for (const reference of control.references) answered.set(reference, [...(answered.get(reference) ?? []), control])
  const items = [...answered].flatMap(([reference, own]) => {
    const [, kind, id] = /^([^ :]+):? (.+)$/.exec(reference) ?? []
    const tried = own.filter((control) => control.outcome !== 'not-applicable')
    const [worst] = (tried.length > 0 ? tried : own).toSorted((a, b) => severity[b.outcome] - severity[a.outcome])
    return kind && id && worst ? [{ kind, id, outcome: worst.outcome, why: worst.why, controls: own }] : []
  })
  return items.sort((a, b) => natural.compare(`${a.kind} ${a.id}`, `${b.kind} ${b.id}`))
}
