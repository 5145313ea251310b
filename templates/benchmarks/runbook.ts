import type { Model } from '../../cluster/model.ts'
import { dispositions } from './dispositions.ts'
import { type Duty, type DutyId, duties } from './duties.ts'

/** The page of what only people can do, for one cluster: Markdown, in the order of `duties`. No clock, no network. */
export function runbook(model: Model): string {
  const paragraphs = (Object.entries(duties) as [DutyId, Duty][]).map(([id, duty]) =>
    [
      `## ${duty.title}`,
      '',
      oneLine(duty.text(model)),
      '',
      `- Who: ${duty.who}`,
      `- When: ${duty.often}`,
      `- Record: ${duty.record}`,
      `- Answers: ${answeredBy(id).join(', ')}`,
    ].join('\n'),
  )
  const nodes = model.nodes.map(({ name, role, address }) => `\`${name}\` (${role}, ${address})`).join(', ')
  return [
    `# Runbook of ${model.name}`,
    '',
    `What no setting can do: the items of the benchmarks that people answer for. \`redoubt verify\` never passes them; the record that each asks for is their evidence. Nodes: ${nodes}.`,
    '',
    paragraphs.join('\n\n'),
    '',
  ].join('\n')
}

/** The items that a duty answers, in the order of the dispositions. */
export function answeredBy(duty: DutyId): string[] {
  return Object.entries(dispositions)
    .filter(([, answer]) => answer.kind === 'organisational' && answer.duties.includes(duty))
    .map(([reference]) => reference)
}

/** A waiver's reason may hold line breaks; a paragraph must not. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
