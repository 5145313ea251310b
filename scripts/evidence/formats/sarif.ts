import type { Evidence } from '../../verify/evidence.ts'
import { exitCode, type ProbeResult } from '../../verify/fold.ts'
import type { Outcome } from '../../verify/probe.ts'

/** SARIF 2.1.0, 3.27.9: `open` is a result that could not be decided. A waived failure stays one, suppressed with its reason. */
const kinds: Record<Outcome, 'pass' | 'fail' | 'open' | 'notApplicable'> = {
  pass: 'pass',
  fail: 'fail',
  waived: 'fail',
  'not-applicable': 'notApplicable',
  'not-evaluated': 'open',
}

/** SARIF 2.1.0 (OASIS): a rule and a result per probe; where it was put is a logical location, what was set is in redoubt.yaml. */
export function sarif(evidence: Evidence): string {
  const { probes, cluster, started, finished, version } = evidence
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'redoubt', version, rules: probes.map((probe) => ruleOf(probe, evidence)) } },
        automationDetails: { id: `redoubt verify/${cluster}/${started}` },
        invocations: [
          {
            executionSuccessful: probes.every((probe) => probe.outcome !== 'not-evaluated'),
            exitCode: exitCode(probes),
            startTimeUtc: started,
            endTimeUtc: finished,
          },
        ],
        results: probes.map(resultOf),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function ruleOf(probe: ProbeResult, { controls }: Evidence) {
  const own = controls.filter((control) => probe.controls.includes(control.id))
  const references = own.flatMap((control) => control.references)
  return {
    id: probe.id,
    shortDescription: { text: probe.title },
    properties: { tags: [...new Set([...probe.controls, ...references])] },
  }
}

function resultOf(probe: ProbeResult, index: number) {
  const kind = kinds[probe.outcome]
  const places = [...new Set(probe.checks.map((check) => check.where))]
  return {
    ruleId: probe.id,
    ruleIndex: index,
    kind,
    level: kind === 'fail' ? 'error' : 'none',
    message: { text: probe.why || probe.title },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: 'redoubt.yaml' } },
        ...(places.length > 0 ? { logicalLocations: places.map((name) => ({ fullyQualifiedName: name })) } : {}),
      },
    ],
    ...(probe.outcome === 'waived'
      ? { suppressions: [{ kind: 'external', status: 'accepted', justification: probe.why }] }
      : {}),
    properties: { outcome: probe.outcome, milliseconds: probe.milliseconds, checks: probe.checks },
  }
}
