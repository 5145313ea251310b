import { fail, RedoubtError } from '../../lib/errors.ts'
import { type BenchmarkName, benchmarks, items } from '../../templates/benchmarks/items.ts'
import { controls } from '../../templates/controls.ts'
import { renderCluster } from '../../templates/render.ts'
import { type Context, type OptionValues, text } from '../command.ts'
import { controlEntry, itemEntry } from '../controls/entries.ts'
import { findFalseFinding, findSubject } from '../controls/find.ts'
import { settings } from '../controls/settings.ts'
import { benchmarkMarkdown, benchmarkTable, controlsMarkdown, controlsTable } from '../controls/tables.ts'
import { controlPage, itemPage, pageMarkdown, whyNotPage } from '../controls/text.ts'
import { renderInput } from './render.ts'

/** Shows the controls, a benchmark's items and their answers, one of either in full, or why a scanner is wrong. */
export async function showControls(context: Context, words: string[], options: OptionValues): Promise<number> {
  const benchmark = text(options, 'benchmark')
  const finding = text(options, 'why-not')
  if (benchmark !== undefined && (finding !== undefined || words.length > 0))
    fail('usage', '--benchmark shows a whole table', { hint: 'Leave out the item, or --benchmark.' })
  if (finding !== undefined) showFalseFinding(context, [finding, ...words].join(' '))
  else if (benchmark !== undefined) showBenchmark(context, benchmark)
  else if (words.length > 0) await showOne(context, words.join(' '))
  else if (context.out.format === 'json') json(context, 'ControlList', { controls: controls.map(controlEntry) })
  else context.out.data(context.out.format === 'markdown' ? controlsMarkdown() : controlsTable())
  return 0
}

function showBenchmark(context: Context, name: string): void {
  const { out } = context
  if (!Object.hasOwn(benchmarks, name))
    fail('usage', `there is no table ${name}`, { hint: `Tables: ${Object.keys(benchmarks).join(', ')}.` })
  const benchmark = name as BenchmarkName
  if (out.format === 'json')
    json(context, 'ItemList', {
      benchmark: benchmarks[benchmark],
      items: items.filter((item) => item.benchmark === benchmark).map(itemEntry),
    })
  else out.data(out.format === 'markdown' ? benchmarkMarkdown(benchmark) : benchmarkTable(benchmark))
}

async function showOne(context: Context, words: string): Promise<void> {
  const subject = findSubject(words)
  const sets = await settingsHere(context)
  if ('control' in subject) {
    const entry = controlEntry(subject.control)
    if (context.out.format === 'json') json(context, 'Control', { ...entry, sets: sets(entry.id) })
    else page(context, controlPage(entry, sets(entry.id)))
    return
  }
  const entry = itemEntry(subject.item)
  if (context.out.format === 'json')
    json(context, 'Item', {
      ...entry,
      controls: entry.controls.map((control) => ({ ...control, sets: sets(control.id) })),
    })
  else page(context, itemPage(entry, sets))
}

function showFalseFinding(context: Context, words: string): void {
  const finding = findFalseFinding(words)
  if (context.out.format === 'json') json(context, 'FalseFinding', { ...finding })
  else page(context, whyNotPage(finding))
}

/**
 * What a control sets on the workspace's cluster, a line each. Nothing where there is no workspace that can be rendered: the
 * command explains controls on any machine.
 */
async function settingsHere({ out, workspace }: Context): Promise<(control: string) => string[]> {
  try {
    const site = await renderInput(workspace)
    const rendered = renderCluster(site)
    return (id) => {
      const state = rendered.controls.find((one) => one.id === id)
      if (state?.state !== 'on') return [`nothing: ${state?.because ?? state?.state}`]
      return controls.filter((one) => one.id === id).flatMap((one) => settings(one.on(site)))
    }
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error
    out.note(
      `What controls set is shown in a workspace that can be rendered (${error.where ? `${error.where}: ` : ''}${error.message}).`,
    )
    return () => []
  }
}

function page({ out }: Context, text: string): void {
  out.data(out.format === 'markdown' ? pageMarkdown(text) : text)
}

function json({ out }: Context, kind: string, value: Record<string, unknown>): void {
  out.json({ kind, ...value })
}
