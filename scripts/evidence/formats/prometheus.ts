import type { Evidence } from '../../verify/evidence.ts'
import { exitCode } from '../../verify/fold.ts'
import { type Outcome, outcomes } from '../../verify/probe.ts'

interface Sample {
  labels: Record<string, string>
  value: number
}

/** The Prometheus text format 0.0.4, for node_exporter's textfile collector. `_finished_` tells how old the answer is. */
export function prometheus(evidence: Evidence): string {
  const { cluster, controls, probes, summary } = evidence
  const seconds = (time: string) => Date.parse(time) / 1000
  const one = (value: number): Sample[] => [{ labels: {}, value }]
  const is = (own: Outcome) => outcomes.map((outcome) => ({ outcome, value: Number(own === outcome) }))
  const metrics: [name: string, help: string, samples: Sample[]][] = [
    [
      'exit_code',
      'Exit code of the last verify: 0 when nothing failed and nothing stayed unknown.',
      one(exitCode(probes)),
    ],
    ['complete', '1 when every probe was asked of one and the same rendering.', one(Number(evidence.complete))],
    ['started_timestamp_seconds', 'Begin of the last verify.', one(seconds(evidence.started))],
    ['finished_timestamp_seconds', 'End of the last verify.', one(seconds(evidence.finished))],
    ['leftovers', 'Things that could not be removed from the cluster.', one(evidence.leftovers.length)],
    ['probes', 'Probes by outcome.', outcomes.map((outcome) => ({ labels: { outcome }, value: summary[outcome] }))],
    [
      'control',
      '1 for the outcome that the control has.',
      controls.flatMap(({ id, outcome: own }) =>
        is(own).map(({ outcome, value }) => ({ labels: { control: id, outcome }, value })),
      ),
    ],
  ]
  return metrics.map(([name, help, samples]) => family(`redoubt_verify_${name}`, help, samples, cluster)).join('')
}

function family(name: string, help: string, samples: readonly Sample[], cluster: string): string {
  const lines = samples.map(({ labels, value }) => `${name}{${labelText({ cluster, ...labels })}} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`
}

function labelText(labels: Record<string, string>): string {
  const quote = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${quote(value)}"`)
    .join(',')
}
