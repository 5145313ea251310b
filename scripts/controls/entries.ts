// Controls and items as the command shows them, in every format.
import { answerOf } from '../../templates/benchmarks/answers.ts'
import { type Duty, duties } from '../../templates/benchmarks/duties.ts'
import { type Item, items } from '../../templates/benchmarks/items.ts'
import { falseFindings } from '../../templates/benchmarks/scanners.ts'
import type { Control } from '../../templates/control.ts'
import { controls } from '../../templates/controls.ts'
import { probes } from '../verify/probes.ts'

export interface ProbeEntry {
  id: string
  title: string
}

export interface ControlEntry {
  id: string
  title: string
  why: string
  references: readonly string[]
  probes: ProbeEntry[]
}

export const answerWords = {
  controls: 'met by controls',
  same: 'as other items',
  host: 'met by the host or our baseline',
  organisational: 'organisational (rendered/runbook.md)',
  'not-applicable': 'not applicable',
  planned: 'planned, not claimed',
  open: 'not answered yet',
} as const

export interface ItemEntry {
  reference: string
  title: string
  test?: 'scored' | 'manual'
  answer: keyof typeof answerWords
  /** What it is, in words: what is met and where, why not, which paragraphs of the runbook. */
  text: string[]
  controls: ControlEntry[]
  /** Probes that look at it without a control. */
  probes: ProbeEntry[]
  /** A scanner may disagree: `--why-not` says why it is wrong. */
  scanners: boolean
}

export function controlEntry({ id, title, why, references }: Control): ControlEntry {
  return { id, title, why, references, probes: probeEntries((probe) => probe.controls.includes(id)) }
}

export function itemEntry(item: Item): ItemEntry {
  const { reference, title, test } = item
  const answer = answerOf(item)
  const base = {
    reference,
    title,
    ...(test ? { test } : {}),
    answer: answer.kind,
    text: [] as string[],
    controls: [] as ControlEntry[],
    probes: [] as ProbeEntry[],
    scanners: falseFindings.some((one) => one.findings.includes(reference)),
  }
  switch (answer.kind) {
    case 'controls':
      return { ...base, controls: controls.filter(({ id }) => answer.controls.includes(id)).map(controlEntry) }
    case 'same':
      return { ...base, text: answer.items.map((same) => `${same}: ${sameAnswer(same)}`) }
    case 'host':
      return {
        ...base,
        text: [answer.met, `Where: ${answer.where}`],
        probes: probeEntries((probe) => answer.probes?.includes(probe.id) === true),
      }
    case 'organisational':
      return { ...base, text: answer.duties.map((id) => dutyLine(duties[id])) }
    case 'open':
      return base
    default:
      return { ...base, text: [answer.why] }
  }
}

/** `met by controls kubelet-tls`: an item's answer on one line, for tables. */
export function shortAnswer(item: Item): string {
  const answer = answerOf(item)
  if (answer.kind === 'controls') return answer.controls.join(', ')
  if (answer.kind === 'same') return answer.items.map((same) => `${same} (${sameAnswer(same)})`).join('; ')
  return answerWords[answer.kind]
}

function sameAnswer(reference: string): string {
  const item = items.find((one) => one.reference === reference)
  return item ? shortAnswer(item) : answerWords.open
}

function dutyLine({ title, who, often }: Duty): string {
  return `${title}: ${who}; ${often}`
}

export function probeEntries(wanted: (probe: (typeof probes)[number]) => boolean): ProbeEntry[] {
  return probes.filter(wanted).map(({ id, title }) => ({ id, title }))
}
