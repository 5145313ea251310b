// From controls and probes to the items of the benchmarks and to claims. Nothing here does I/O.
import { answerOf } from '../../templates/benchmarks/answers.ts'
import { duties } from '../../templates/benchmarks/duties.ts'
import { type BenchmarkName, type Item, items } from '../../templates/benchmarks/items.ts'
import { type ControlVerdict, type ProbeResult, severity } from './fold.ts'
import type { Outcome } from './probe.ts'

/** What became of an item. `unproven`: no probe can look at it (people, a plan, what the host is); it is never a pass. */
export type ItemOutcome = Outcome | 'unproven'

export interface ItemResult {
  benchmark: BenchmarkName
  /** `CIS 1.2.5`, `STIG V-242378`, `NSA no host network`, `claim: TLS everywhere`. */
  reference: string
  /** What it asks for; of a claim, what proves it. */
  title: string
  /** By what it is answered. */
  answer: ReturnType<typeof answerOf>['kind']
  outcome: ItemOutcome
  /** Of what decided; of an item that is unproven or not applicable, how it is met or why it is not. */
  why: string
  controls: string[]
  probes: string[]
}

const rank: Record<ItemOutcome, number> = { ...severity, unproven: severity['not-evaluated'] - 0.5 }

interface Verdict {
  outcome: ItemOutcome
  why: string
}

/** The worst of some outcomes, except that what is not applicable yields to what was tried. */
function worstOf(verdicts: readonly Verdict[]): Verdict {
  const tried = verdicts.filter(({ outcome }) => outcome !== 'not-applicable')
  const [worst] = (tried.length > 0 ? tried : verdicts).toSorted((a, b) => rank[b.outcome] - rank[a.outcome])
  return worst ?? { outcome: 'not-evaluated', why: 'not asked in this run' }
}

/** What became of every item, in the order of the benchmarks. What this run did not ask is not evaluated. */
export function foldItems(controls: readonly ControlVerdict[], probes: readonly ProbeResult[]): ItemResult[] {
  const found = new Map<string, ItemResult>()
  const asked = (id: string): Verdict =>
    controls.find((control) => control.id === id) ?? { outcome: 'not-evaluated', why: `${id}: not asked in this run` }

  function resultOf(item: Item): ItemResult {
    const { benchmark, reference, title } = item
    const answer = answerOf(item)
    const result = (verdict: Verdict, own: string[] = [], by: string[] = []): ItemResult => ({
      benchmark,
      reference,
      title,
      answer: answer.kind,
      outcome: verdict.outcome,
      why: verdict.why,
      controls: own,
      probes: by,
    })
    switch (answer.kind) {
      case 'controls': {
        const own = controls.filter(({ id }) => answer.controls.includes(id))
        return result(
          worstOf(answer.controls.map(asked)),
          [...answer.controls],
          unique(own.flatMap((one) => one.probes)),
        )
      }
      case 'same': {
        const same = answer.items.flatMap((one) => found.get(one) ?? [])
        const text = answer.items.join(', ')
        const worst = worstOf(same)
        const why = `as ${text}${worst.why ? `: ${worst.why}` : ''}`
        return result(
          { outcome: worst.outcome, why },
          unique(same.flatMap((one) => one.controls)),
          unique(same.flatMap((one) => one.probes)),
        )
      }
      case 'host': {
        const own = probes.filter(({ id }) => answer.probes?.includes(id))
        const met = `${answer.met} Where: ${answer.where}.`
        if (!answer.probes) return result({ outcome: 'unproven', why: met })
        const worst = worstOf(own)
        return result(
          { outcome: worst.outcome, why: worst.why || met },
          [],
          own.map(({ id }) => id),
        )
      }
      case 'organisational':
        return result({
          outcome: 'unproven',
          why: `For people, rendered/runbook.md: ${answer.duties.map((id) => duties[id].title).join('; ')}.`,
        })
      case 'not-applicable':
        return result({ outcome: 'not-applicable', why: answer.why })
      case 'planned':
        return result({ outcome: 'unproven', why: `Planned, not claimed. ${answer.why}` })
      case 'open':
        return result({ outcome: 'unproven', why: 'Neither met nor claimed.' })
    }
  }

  // What others answer comes first, then what refers to them.
  for (const item of items.toSorted((a, b) => Number(a.same !== undefined) - Number(b.same !== undefined)))
    found.set(item.reference, resultOf(item))
  return items.flatMap((item) => found.get(item.reference) ?? [])
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)]
}
