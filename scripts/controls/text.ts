// What `redoubt controls` prints for people: pages of one thing.
import type { FalseFinding } from '../../templates/benchmarks/scanners.ts'
import { answerWords, type ControlEntry, type ItemEntry, type ProbeEntry, probeEntries } from './entries.ts'

const listed = (heading: string, lines: readonly string[]) =>
  lines.length === 0 ? [] : [heading, ...lines.map((line) => `  ${line}`)]

/** A control in full. `sets` is what it sets on the workspace's cluster; empty when that is not known. */
export function controlPage(entry: ControlEntry, sets: readonly string[]): string {
  return [
    `${entry.id}: ${entry.title}`,
    '',
    `Why:        ${entry.why}`,
    `References: ${entry.references.join(', ')}`,
    ...listed('Sets:', sets),
    ...provedBy(entry.probes),
  ].join('\n')
}

/** An item, its answer, and the controls that are the answer. */
export function itemPage(entry: ItemEntry, setsOf: (control: string) => readonly string[]): string {
  const test = entry.test ? ` (${entry.test})` : ''
  return [
    `${entry.reference}${test}: ${entry.title}`,
    '',
    `Answer: ${answerWords[entry.answer]}`,
    ...entry.text.map((line) => `  ${line}`),
    ...provedBy(entry.probes),
    ...entry.controls.flatMap((control) => ['', controlPage(control, setsOf(control.id))]),
    ...(entry.scanners ? ['', `A flag scanner may disagree: redoubt controls --why-not '${entry.reference}'`] : []),
  ].join('\n')
}

export function whyNotPage({ findings, reads, because, probes }: FalseFinding): string {
  return [
    `Findings: ${findings.join(', ')}`,
    `Scanners read: ${reads}`,
    '',
    because,
    '',
    ...provedBy(probeEntries((probe) => probes.includes(probe.id))),
  ].join('\n')
}

/** A page as Markdown: its first line is the heading, indented lines are items of lists. */
export function pageMarkdown(text: string): string {
  const [first = '', ...rest] = text.split('\n')
  return [`# ${first}`, ...rest.map((line) => (line.startsWith('  ') ? `- ${line.trim()}` : `\n${line}`))]
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
}

function provedBy(probes: readonly ProbeEntry[]): string[] {
  const width = Math.max(0, ...probes.map((probe) => probe.id.length))
  return listed(
    'Proved by:',
    probes.map((probe) => `${probe.id.padEnd(width)}  ${probe.title}`),
  )
}
