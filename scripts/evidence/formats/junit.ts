import type { Evidence } from '../../verify/evidence.ts'
import type { ProbeResult } from '../../verify/fold.ts'
import { groups } from '../../verify/probe.ts'

/**
 * JUnit XML, as Jenkins reads it (junit-10.xsd of jenkinsci/xunit-plugin): a suite per group, a case per probe. `fail` is a failure and `not-evaluated` an error, so that no reader takes unknown
 * for passed; `waived` and `not-applicable` are skipped, with why.
 */
export function junit(evidence: Pick<Evidence, 'cluster' | 'started' | 'probes'>): string {
  const { cluster, started, probes } = evidence
  const suites = groups.flatMap((group) => {
    const own = probes.filter((probe) => probe.group === group)
    return own.length > 0 ? [suite(group, started, own)] : []
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="redoubt verify ${xmlText(cluster)}"${counts(probes)}>\n${suites.join('')}</testsuites>\n`
}

function suite(group: string, started: string, probes: readonly ProbeResult[]): string {
  const cases = probes.map(testCase).join('')
  const skipped = probes.filter(({ outcome }) => outcome === 'waived' || outcome === 'not-applicable').length
  return `  <testsuite name="${group}"${counts(probes)} skipped="${skipped}" timestamp="${xmlText(started)}">\n${cases}  </testsuite>\n`
}

function counts(probes: readonly ProbeResult[]): string {
  const of = (...outcomes: string[]) => probes.filter((probe) => outcomes.includes(probe.outcome)).length
  const time = probes.reduce((sum, probe) => sum + probe.milliseconds, 0) / 1000
  return ` tests="${probes.length}" failures="${of('fail')}" errors="${of('not-evaluated')}" time="${time.toFixed(3)}"`
}

const elements = { fail: 'failure', 'not-evaluated': 'error', waived: 'skipped', 'not-applicable': 'skipped' } as const

function testCase(probe: ProbeResult): string {
  const head = `    <testcase classname="redoubt.${probe.group}" name="${xmlText(`${probe.id}: ${probe.title}`)}" time="${(probe.milliseconds / 1000).toFixed(3)}"`
  if (probe.outcome === 'pass') return `${head}/>\n`
  const element = elements[probe.outcome]
  const text = `<${element} message="${xmlText(`${probe.outcome}: ${probe.why}`)}"`
  const details = probe.checks
    .filter((check) => check.verdict !== 'pass')
    .map((check) => `${check.where}: ${check.sent}: expected ${check.expected}, saw ${check.saw}`)
  const body = details.length > 0 ? `>${xmlText(details.join('\n'))}</${element}>` : '/>'
  return `${head}>\n      ${text}${body}\n    </testcase>\n`
}

/** Text for XML 1.0, which has no way at all to hold most control characters. */
function xmlText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is being removed
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll('\n', '&#10;')
  )
}
