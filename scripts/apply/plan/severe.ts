import { paths } from '../../../cluster/components.ts'
import type { NodePlan } from './plan.ts'

const { pki } = paths

/** Changes of a running cluster that putting the old files back does not undo, by path: what they do. */
const pointsOfNoReturn: readonly { match: RegExp; why: string }[] = [
  {
    match: new RegExp(`^${pki}/(etcd/)?(ca|api-clients|kubelet-servers|kubelet-clients|front-proxy-ca)\\.crt$`),
    why: 'an authority changes: whoever holds a certificate of the old one is locked out',
  },
  { match: new RegExp(`^${pki}/sa\\.(pub|key)$`), why: 'every service account token that is out becomes invalid' },
  {
    match: /^\/etc\/kubernetes\/.*encryption.*\.yaml$/,
    why: 'Secrets are written with another key: without the old one in the list those in etcd cannot be read',
  },
]

/** The same of files that go: another version of them changes nothing of the kind. */
const gone: typeof pointsOfNoReturn = [
  {
    match: /^\/opt\/cni\/bin\/(bridge|cilium-cni)$/,
    why: 'another pod network: pods that run keep addresses that nobody routes; every node must be booted, every pod made anew',
  },
]

/** `cp1: /etc/kubernetes/pki/ca.crt: an authority changes ...`, for what needs to be confirmed by the cluster's name. */
export function severeChanges(plan: NodePlan): string[] {
  if (!plan.running) return []
  const changed = plan.files.filter((file) => file.change === 'change').map((file) => file.entry.path)
  const points = [
    ...[...changed, ...plan.remove].map((path) => ({ path, among: pointsOfNoReturn })),
    ...plan.remove.map((path) => ({ path, among: gone })),
  ]
  return points.flatMap(({ path, among }) => {
    const found = among.find(({ match }) => match.test(path))
    return found ? [`${plan.node.name}: ${path}: ${found.why}`] : []
  })
}
