import type { Evidence } from '../../verify/evidence.ts'
import type { ItemOutcome, ItemResult } from '../../verify/items.ts'
import { uuidOf } from '../uuid.ts'

/** A waived failure is still open, and what no probe can look at is for a reviewer: the comment says how it is met. */
const statuses: Record<ItemOutcome, 'not_a_finding' | 'open' | 'not_applicable' | 'not_reviewed'> = {
  pass: 'not_a_finding',
  fail: 'open',
  waived: 'open',
  'not-applicable': 'not_applicable',
  'not-evaluated': 'not_reviewed',
  unproven: 'not_reviewed',
}

/** What a rule of the published STIG holds and we do not: its texts are DISA's and change with its releases. */
const blank = {
  fix_text: '',
  weight: '10.0',
  check_content: '',
  check_content_ref: { href: 'Kubernetes_STIG.xml', name: 'M' },
  classification: 'Unclassified',
  discussion: '',
  false_positives: '',
  false_negatives: '',
  documentable: 'false',
  security_override_guidance: '',
  potential_impacts: '',
  third_party_tools: '',
  ia_controls: '',
  responsibility: '',
  mitigations: '',
  mitigation_control: '',
  legacy_ids: [],
  ccis: [],
  reference_identifier: '',
}

/** The checklist format of STIG Viewer 3 (JSON, `cklb_version` 1.0): a rule per STIG item. */
export function cklb(evidence: Evidence): string {
  const { cluster, started } = evidence
  const stig = uuidOf(cluster, started, 'stig')
  const items = evidence.items.filter(({ benchmark }) => benchmark === 'stig')
  const checklist = {
    title: `redoubt verify of cluster ${cluster}`,
    id: uuidOf(cluster, started, 'checklist'),
    stigs: [
      {
        stig_name: 'Kubernetes Security Technical Implementation Guide',
        display_name: 'Kubernetes',
        stig_id: 'Kubernetes_STIG',
        release_info: 'Release: 6 Benchmark Date: 01 Apr 2026',
        version: '2',
        uuid: stig,
        reference_identifier: '',
        size: items.length,
        rules: items.map((item) => rule(item, evidence, stig)),
      },
    ],
    active: true,
    mode: 2,
    has_path: false,
    target_data: {
      target_type: 'Computing',
      host_name: cluster,
      ip_address: evidence.nodes.map((node) => node.address).join(', '),
      mac_address: '',
      fqdn: '',
      comments: `Kubernetes ${evidence.kubernetes}, verified ${started} by redoubt ${evidence.version}`,
      role: 'None',
      is_web_database: false,
      technology_area: '',
      web_db_site: '',
      web_db_instance: '',
      classification: null,
    },
    cklb_version: '1.0',
  }
  return `${JSON.stringify(checklist, null, 2)}\n`
}

/** Rule ids carry the revision of the STIG's release; without it they name the rule of any release. */
function rule(item: ItemResult, { cluster, started, probes }: Evidence, stig: string) {
  const id = item.reference.replace(/^STIG /, '')
  const own = probes.filter((probe) => item.probes.includes(probe.id))
  const details = own.map(
    (probe) => `${probe.outcome}  ${probe.id}: ${probe.title}${probe.why ? `: ${probe.why}` : ''}`,
  )
  return {
    group_id_src: id,
    group_tree: [{ id: id, title: id, description: '' }],
    group_id: id,
    severity: 'unknown',
    group_title: id,
    rule_id_src: `S${id}_rule`,
    rule_id: `S${id}`,
    rule_version: '',
    rule_title: item.title,
    ...blank,
    uuid: uuidOf(cluster, started, 'rule', id),
    stig_uuid: stig,
    status: statuses[item.outcome],
    overrides: {},
    comments: item.outcome === 'pass' ? '' : `${item.outcome}: ${item.why}`,
    finding_details: details.join('\n'),
  }
}
