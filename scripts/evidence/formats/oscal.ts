import type { Evidence } from '../../verify/evidence.ts'
import type { ProbeResult } from '../../verify/fold.ts'
import type { ItemResult } from '../../verify/items.ts'
import { uuidOf } from '../uuid.ts'

const namespace = 'https://redoubt.dev/ns/oscal'

/**
 * OSCAL assessment results 1.0.4 (NIST; later 1.x read it): an observation per probe, a finding per CIS and STIG item. Only `pass`
 * satisfies: a waiver or an unanswered question does not. Items that are not applicable, or that no probe can look at, are excluded from
 * what was reviewed.
 */
export function oscal(evidence: Evidence): string {
  const { cluster, started, finished, version, probes } = evidence
  const id = (...words: string[]) => uuidOf(cluster, started, ...words)
  const items = evidence.items.filter(({ benchmark }) => benchmark === 'cis' || benchmark === 'stig')
  const reviewed = (item: ItemResult) => item.outcome !== 'not-applicable' && item.outcome !== 'unproven'
  const tried = items.filter(reviewed)
  const skipped = items.filter((item) => !reviewed(item))
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
          description: `${probes.length} probes attacked the running cluster${evidence.complete ? '' : '; not every one was asked of one and the same rendering: this is no verdict on the cluster'}.`,
          start: started,
          end: finished,
          'reviewed-controls': {
            'control-selections': [
              {
                description:
                  'Items of the CIS Kubernetes Benchmark and the DISA Kubernetes STIG. Excluded: not applicable, or not to be proven by a probe.',
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
            tried.map((item) => finding(item, evidence, id)),
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
function token({ reference }: ItemResult): string {
  return reference.replace(/^STIG /, '').replaceAll(/[^\w.-]/g, '-')
}

function selection(name: string, items: readonly ItemResult[]) {
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

function finding(item: ItemResult, { probes }: Evidence, id: (...words: string[]) => string) {
  const held = item.outcome === 'pass'
  const reason = held ? 'pass' : item.outcome === 'fail' ? 'fail' : 'other'
  const own = probes.filter((probe) => item.probes.includes(probe.id))
  return {
    uuid: id('finding', item.reference),
    title: item.reference,
    description: item.title,
    props: [property('outcome', item.outcome), ...item.controls.map((control) => property('control', control))],
    target: {
      type: 'objective-id',
      'target-id': token(item),
      status: {
        state: held ? 'satisfied' : 'not-satisfied',
        reason,
        ...(item.why ? { remarks: `${item.outcome}: ${item.why}` } : {}),
      },
    },
    ...some(
      'related-observations',
      own.map((probe) => ({ 'observation-uuid': id('probe', probe.id) })),
    ),
  }
}
