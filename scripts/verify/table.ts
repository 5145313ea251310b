import { styleText } from 'node:util'
import { countOutcomes, describeOverride, type Evidence, shortcoming } from './evidence.ts'
import type { ProbeResult } from './fold.ts'
import { groups, type Outcome, oneLine } from './probe.ts'

const looks: Record<Outcome, { mark: string; style: 'green' | 'red' | 'yellow' | 'dim' | 'magenta' }> = {
  pass: { mark: '✓', style: 'green' },
  fail: { mark: '✗', style: 'red' },
  waived: { mark: '~', style: 'yellow' },
  'not-applicable': { mark: '-', style: 'dim' },
  'not-evaluated': { mark: '?', style: 'magenta' },
}
const headings: Record<(typeof groups)[number], string> = {
  transport: 'Transport',
  identity: 'Identity',
  authorization: 'Authorization',
  workloads: 'Workloads',
  data: 'Data',
  nodes: 'Nodes',
  settings: 'Settings as they run',
  works: 'It works',
}
/** Failures of one probe that are shown; results.json has all. */
const shownChecks = 4

type Shown = Pick<
  Evidence,
  'cluster' | 'profile' | 'overrides' | 'controls' | 'probes' | 'complete' | 'off' | 'forced' | 'leftovers'
>

/** The result for people: groups, one line per probe, what was expected and seen where it matters, then the sums. */
export function verifyTable(evidence: Shown, color: boolean): string {
  const paint = (style: 'green' | 'red' | 'yellow' | 'dim' | 'magenta' | 'bold', text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text
  const width = Math.max(0, ...evidence.probes.map((probe) => probe.id.length))
  const line = (probe: ProbeResult): string[] => {
    const { mark, style } = looks[probe.outcome]
    const outcome = probe.outcome === 'pass' || probe.outcome === 'fail' ? '' : paint(style, ` (${probe.outcome})`)
    const first = `  ${paint(style, mark)} ${probe.id.padEnd(width)}  ${probe.title}${outcome}`
    return [first, ...details(probe).map((text) => `    ${text}`)]
  }
  const sections = groups.flatMap((group) => {
    const own = evidence.probes.filter((probe) => probe.group === group)
    return own.length > 0 ? [paint('bold', headings[group]), ...own.flatMap(line), ''] : []
  })
  return [...sections, ...sums(evidence, paint)].join('\n')
}

function details(probe: ProbeResult): string[] {
  const { outcome, checks, why } = probe
  if (outcome === 'pass' || outcome === 'not-evaluated') return [] // those stand at the end, all together
  if (outcome !== 'fail') return [oneLine(why, 240)]
  const failed = checks.filter((check) => check.verdict === 'fail')
  const lines = failed
    .slice(0, shownChecks)
    .flatMap((check) => [
      `${check.sent} at ${check.where}`,
      `  expected ${check.expected}`,
      `  saw      ${oneLine(check.saw, 240)}`,
    ])
  const more = failed.length - shownChecks
  const expired = / its waiver expired on [\d-]+/.exec(why)?.[0].trim()
  return [...lines, ...(more > 0 ? [`and ${more} more in results.json`] : []), ...(expired ? [expired] : [])]
}

function sums(evidence: Shown, paint: (style: 'red' | 'green' | 'bold' | 'magenta', text: string) => string): string[] {
  const counts = countOutcomes(evidence.probes)
  const shown = (Object.entries(counts) as [Outcome, number][]).filter(([, count]) => count > 0)
  const named = (outcome: Outcome, words: string) => {
    const own = evidence.controls.filter((control) => control.outcome === outcome)
    return own.length > 0 ? `, ${own.length} ${words}: ${own.map((control) => control.id).join(' ')}` : ''
  }
  const held = evidence.controls.filter((control) => control.outcome === 'pass').length
  const broken = named('fail', 'do not')
  const rest =
    named('waived', 'waived') + named('not-evaluated', 'not evaluated') + named('not-applicable', 'not applicable')
  const unknown = evidence.probes.filter((probe) => probe.outcome === 'not-evaluated')
  return [
    `${counted(evidence.probes.length, 'probe')} of cluster ${evidence.cluster}, profile ${evidence.profile}: ${shown.map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`,
    `${counted(evidence.controls.length, 'control')}: ${held} hold${broken && paint('red', broken)}${rest}`,
    ...shortcoming(evidence),
    ...evidence.overrides.map((one) => `Set by redoubt.yaml: ${describeOverride(one)}`),
    ...(evidence.off.length > 0 ? [`Rendered with controls off on purpose: ${evidence.off.join(' ')}`] : []),
    ...evidence.forced.map((text) => `Forced past the controls: ${text}`),
    ...(unknown.length > 0 ? [paint('magenta', 'Not evaluated, so not passed:'), ...reasons(unknown)] : []),
    ...(evidence.leftovers.length > 0 ? ['Left on the cluster (the next run removes it):'] : []),
    ...evidence.leftovers.map((text) => `  ${text}`),
  ]
}

/** Each reason once, with the probes that it stopped. */
function reasons(probes: readonly ProbeResult[]): string[] {
  const whys = [...new Set(probes.map((probe) => probe.why))]
  return whys.flatMap((why) => [
    `  ${probes
      .filter((probe) => probe.why === why)
      .map((probe) => probe.id)
      .join(', ')}`,
    `    ${oneLine(why, 240)}`,
  ])
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
