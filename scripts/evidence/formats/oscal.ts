import type { Evidence } from '../../verify/evidence.ts'
import type { ProbeResult } from '../../verify/fold.ts'
import { type Item, itemsOf } from '../items.ts'
import { uuidOf } from '../uuid.ts'

const namespace = 'https://redoubt.dev/ns/oscal'

/**
 * OSCAL assessment results 1.0.4 (NIST; later 1.x read it): an observation per probe, a finding per CIS and STIG item. Only `pass`
 * satisfies: a waiver or an unanswered question does not. Items that are not applicable are excluded from what was reviewed.
 */
export function oscal(evidence: Evidence): string {
  const { cluster, started, finished, version, probes } = evidence
  const id = (...words: string[]) => uuidOf(cluster, started, ...words)
  const items = itemsOf(evidence.controls).filter((item) => item.kind === 'CIS' || item.kind === 'STIG')
  const tried = items.filter((item) => item.outcome !== 'not-applicable')
  const skipped = items.filter((item) => item.outcome === 'not-applicable')
  const document = {
    'assessment-results': {
      uuid: id('document'),
      metadata: {
        title: `redoubt verify of cluster ${cluster}`,
        'last-modified': finished,
        version: started,
        'oscal-version': '1.0.4',
        props: [property('redoubt-version', version), property('kubernetes-version', evidence.kubernetes)],
      },
      'import-ap': { href: `#${id('plan')}`, remarks: 'The plan is the list of probes of this version of redoubt.' },
      results: [
        {
          uuid: id('result'),
          title: `Probes of ${started}`,
          description: `${probes.length} probes attacked the running cluster${evidence.complete ? '' : '; only some were asked for: this is no verdict on the cluster'}.`,
          start: started,
          end: finished,
          'reviewed-controls': {
            'control-selections': [
              {
                description: 'Items of the CIS Kubernetes Benchmark and the DISA Kubernetes STIG that probes answer.',
                ...selection('include-controls', tried),
                ...selection('exclude-controls', skipped),
              },
            ],
          },
          ...some(
            'observations',
            probes.map((probe) => observation(probe, id('probe', probe.id), finished)),
          ),
          ...some(
            'findings',
            tried.map((item) => finding(item, id)),
          ),
        },
      ],
      'back-matter': {
        resources: [
          { uuid: id('plan'), title: 'The probes', description: probes.map((p) => `${p.id}: ${p.title}`).join('\n') },
        ],
      },
    },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** OSCAL has no empty lists. */
function some<T>(name: string, list: readonly T[]): Record<string, readonly T[]> {
  return list.length > 0 ? { [name]: list } : {}
}

function property(name: string, value: string) {
  return { name, ns: namespace, value: value.trim() || 'none' }
}

/** `CIS-1.2.5`, `V-242378`: OSCAL's tokens begin with a letter and hold no space. */
function token(item: Item): string {
  return (item.kind === 'CIS' ? `CIS-${item.id}` : item.id).replaceAll(/[^\w.-]/g, '-')
}

function selection(name: string, items: readonly Item[]) {
  return some(
    name,
    items.map((item) => ({ 'control-id': token(item) })),
  )
}

function observation(probe: ProbeResult, uuid: string, collected: string) {
  return {
    uuid,
    title: `${probe.id}: ${probe.title}`,
    description: probe.why || 'Every answer was as expected.',
    props: [property('outcome', probe.outcome), property('group', probe.group)],
    methods: ['TEST'],
    ...some(
      'relevant-evidence',
      probe.checks.map((check) => ({
        href: 'results.json',
        description: `${check.where}: ${check.sent}: expected ${check.expected}, saw ${check.saw}`,
        props: [property('verdict', check.verdict)],
      })),
    ),
    collected,
  }
}

function finding(item: Item, id: (...words: string[]) => string) {
  const probes = [...new Set(item.controls.flatMap((control) => control.probes))]
  const held = item.outcome === 'pass'
  const reason = held ? 'pass' : item.outcome === 'fail' ? 'fail' : 'other'
  return {
    uuid: id('finding', item.kind, item.id),
    title: `${item.kind} ${item.id}`,
    description: item.controls.map((control) => `${control.id}: ${control.title}`).join('\n'),
    props: [property('outcome', item.outcome)],
    target: {
      type: 'objective-id',
      'target-id': token(item),
      status: {
        state: held ? 'satisfied' : 'not-satisfied',
        reason,
        ...(item.why ? { remarks: `${item.outcome}: ${item.why}` } : {}),
      },
    },
    'related-observations': probes.map((probe) => ({ 'observation-uuid': id('probe', probe) })),
  }
}
