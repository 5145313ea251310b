import { formatTable } from '../../lib/output.ts'
import { type BenchmarkName, benchmarks, items } from '../../templates/benchmarks/items.ts'
import { controls } from '../../templates/controls.ts'
import { answerWords, controlEntry, itemEntry, shortAnswer } from './entries.ts'

export function controlsTable(): string {
  return formatTable(
    ['CONTROL', 'PROBES', 'TITLE'],
    controls.map(controlEntry).map((entry) => [entry.id, String(entry.probes.length), entry.title]),
  )
}

/** Every control with what it answers, as a Markdown table. */
export function controlsMarkdown(): string {
  return markdownTable(
    ['control', 'holds that', 'answers'],
    controls.map(({ id, title, references }) => [`\`${id}\``, title, references.join(', ')]),
  )
}

const itemsOf = (benchmark: BenchmarkName) => items.filter((item) => item.benchmark === benchmark)
/** NSA/CISA numbers nothing: what an item asks is its reference. */
const asks = (benchmark: BenchmarkName) => (benchmark === 'nsa' ? [] : ['ASKS FOR'])

export function benchmarkTable(benchmark: BenchmarkName): string {
  return formatTable(
    ['ITEM', ...asks(benchmark), 'ANSWER'],
    itemsOf(benchmark).map((item) => [
      item.reference,
      ...(asks(benchmark).length > 0 ? [item.title] : []),
      shortAnswer(item),
    ]),
  )
}

/** A benchmark's items with their whole answers, as a Markdown section. */
export function benchmarkMarkdown(benchmark: BenchmarkName): string {
  const rows = itemsOf(benchmark).map((item) => {
    const { answer, text, reference, title, test } = itemEntry(item)
    const by = answer === 'controls' ? shortAnswer(item) : [answerWords[answer], ...text].join('. ')
    return [
      reference,
      ...(asks(benchmark).length > 0 ? [`${title}${test === 'scored' ? ' (scored)' : ''}`] : []),
      by.replaceAll('..', '.'),
    ]
  })
  const header = ['item', ...asks(benchmark).map((text) => text.toLowerCase()), 'answer']
  return `${markdownTable(header, rows)}\n\n${benchmarks[benchmark]}: ${sums(benchmark)}.`
}

/** `131 items: 70 met by controls, 3 organisational: see the runbook, ...` */
function sums(benchmark: BenchmarkName): string {
  const entries = itemsOf(benchmark).map(itemEntry)
  const counts = (Object.keys(answerWords) as (keyof typeof answerWords)[])
    .map((kind) => ({ kind, count: entries.filter((entry) => entry.answer === kind).length }))
    .filter(({ count }) => count > 0)
  return `${entries.length} items, ${counts.map(({ kind, count }) => `${count} ${answerWords[kind]}`).join(', ')}`
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}
