// What a verify found, as one value: everything under evidence/ is made from it (scripts/evidence/).
import { join } from 'node:path'
import { listFiles } from '../../lib/files.ts'
import { sha256, sha256File } from '../../lib/hash.ts'
import { redactAll } from '../../lib/redact.ts'
import { controls as catalogue } from '../../templates/controls.ts'
import type { Override } from '../../templates/overrides.ts'
import { type ControlVerdict, foldControls, type ProbeResult, severity } from './fold.ts'
import { foldItems, type ItemResult } from './items.ts'
import { type Outcome, outcomes } from './probe.ts'

/** What became of a control, and which items of the benchmarks and which claims it answers. */
export interface ControlResult extends ControlVerdict {
  title: string
  /** `CIS 1.2.5`, `STIG V-242378`, `claim: TLS everywhere`. */
  references: string[]
  /** What render set for it, a line each; nothing when it is off or not applicable. */
  sets: string[]
}

export interface JudgedOverride extends Override {
  /** The worst outcome, in this run, of the controls that it wins over; null when it wins over none or none was asked. */
  outcome: Outcome | null
}

/** Described for others by docs/schema/results.schema.json. */
export interface Evidence {
  apiVersion: 'redoubt.dev/v1alpha1'
  kind: 'VerifyResult'
  cluster: string
  kubernetes: string
  version: string
  started: string
  finished: string
  nodes: { name: string; role: string; address: string }[]
  /** SHA-256 of what was verified against. `rendered`: of the sorted lines `SHA256  PATH` of every rendered file. */
  inputs: { spec: string; lock: string; rendered: string }
  /** What the cluster was rendered as: `hardened`. */
  profile: string
  /** What the spec sets of its own, and what became of the controls that it wins over. */
  overrides: JudgedOverride[]
  /** Controls that render left out on purpose, and arguments forced past them. */
  off: string[]
  forced: string[]
  /** False when only some probes were asked for, or when what was verified against changed meanwhile. */
  complete: boolean
  summary: Record<Outcome, number>
  controls: ControlResult[]
  /** Every item of the benchmarks and every claim. */
  items: ItemResult[]
  probes: ProbeResult[]
  /** What could not be removed from the cluster afterwards. */
  leftovers: string[]
}

/** The result that says that inputs changed during a run: see inputs.ts. */
export const unsteady = 'inputs-steady'

/** Why a run is no verdict on the cluster, as a list for the reports; empty when it is one. */
export function shortcoming({ complete, probes }: Pick<Evidence, 'complete' | 'probes'>): string[] {
  if (complete) return []
  const why = probes.some(({ id }) => id === unsteady)
    ? 'What the cluster was held against changed meanwhile'
    : 'Only some probes were asked'
  return [`${why}: this is no verdict on the cluster.`]
}

/** How many probes had each outcome. */
export function countOutcomes(results: readonly { outcome: Outcome }[]): Record<Outcome, number> {
  const counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>
  for (const { outcome } of results) counts[outcome]++
  return counts
}

type Given = Omit<Evidence, 'apiVersion' | 'kind' | 'summary' | 'controls' | 'items' | 'overrides'> & {
  overrides: readonly Override[]
  /** What render set, by control. */
  sets: Readonly<Record<string, readonly string[]>>
}

/** The evidence of one run, each of its strings redacted: what a server wrote into one can take nothing off another. */
export function buildEvidence({ sets, overrides, ...given }: Given): Evidence {
  const verdicts = foldControls(given.probes)
  const described = (verdict: ControlVerdict): ControlResult => {
    const control = catalogue.find(({ id }) => id === verdict.id)
    const references = [...(control?.references ?? [])]
    return { ...verdict, title: control?.title ?? verdict.id, references, sets: [...(sets[verdict.id] ?? [])] }
  }
  return redactAll({
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'VerifyResult',
    ...given,
    overrides: overrides.map((one) => ({ ...one, outcome: outcomeOver(one, verdicts) })),
    summary: countOutcomes(given.probes),
    controls: verdicts.map(described),
    items: foldItems(verdicts, given.probes),
  })
}

/** One line on an override, for people. */
export function describeOverride({ setting, where, over, outcome }: JudgedOverride): string {
  const effect = over === null ? 'nobody else sets it' : `wins over ${over}${outcome === null ? '' : `: ${outcome}`}`
  return `${setting} (${where}), ${effect}`
}

function outcomeOver({ over }: Override, verdicts: readonly ControlVerdict[]): Outcome | null {
  const names = over?.split(' and ') ?? [] // of a list that several have set
  const own = verdicts.filter(({ id }) => names.includes(id)).map(({ outcome }) => outcome)
  return own.length === 0 ? null : own.reduce((a, b) => (severity[b] > severity[a] ? b : a))
}

/** One digest for a folder: of the sorted lines `SHA256  PATH` of its files. */
export async function folderDigest(folder: string): Promise<string> {
  const lines: string[] = []
  for (const path of await listFiles(folder)) lines.push(`${await sha256File(join(folder, path))}  ${path}\n`)
  return sha256(lines.join(''))
}
