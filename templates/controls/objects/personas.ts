// What each persona may do, as rules of RBAC. Lists are meant to be read: no wildcards, no inheritance.
import type { Persona } from '../../../cluster/spec-access.ts'

export interface Rule {
  apiGroups?: readonly string[]
  resources?: readonly string[]
  nonResourceURLs?: readonly string[]
  verbs: readonly string[]
}

const read = ['get', 'list', 'watch'] as const
const write = ['create', 'update', 'patch', 'delete'] as const

const rule = (group: string, resources: readonly string[], verbs: readonly string[]): Rule => ({
  apiGroups: [group],
  resources,
  verbs,
})

const workloads = (verbs: readonly string[]): Rule[] => [
  rule('apps', ['deployments', 'statefulsets', 'daemonsets', 'replicasets'], verbs),
  rule('batch', ['jobs', 'cronjobs'], verbs),
  rule('autoscaling', ['horizontalpodautoscalers'], verbs),
  rule('policy', ['poddisruptionbudgets'], verbs),
]
const entrances = (verbs: readonly string[]) => rule('networking.k8s.io', ['ingresses'], verbs)
const bounds = rule('', ['resourcequotas', 'limitranges'], read)
const policies = rule('networking.k8s.io', ['networkpolicies'], read)
const events = [rule('', ['events'], read), rule('events.k8s.io', ['events'], read)]
const things = ['pods', 'services', 'configmaps', 'persistentvolumeclaims'] as const

/** What stands in a namespace, Secrets apart. */
const lookAround: Rule[] = [
  rule('', [...things, 'endpoints', 'serviceaccounts', 'replicationcontrollers'], read),
  rule('discovery.k8s.io', ['endpointslices'], read),
  ...workloads(read),
  entrances(read),
  bounds,
  policies,
  ...events,
]

const develop: Rule[] = [
  rule('', things, write),
  ...workloads(write),
  rule('apps', ['deployments/scale', 'statefulsets/scale', 'replicasets/scale'], ['get', 'update', 'patch']),
  entrances(write),
  rule('', ['pods/log'], ['get']),
]

const lookEverywhere: Rule[] = [
  rule('', ['nodes', 'namespaces', 'persistentvolumes'], read),
  rule('storage.k8s.io', ['storageclasses', 'csidrivers', 'csinodes', 'volumeattachments'], read),
  rule('scheduling.k8s.io', ['priorityclasses'], read),
  rule('node.k8s.io', ['runtimeclasses'], read),
  rule('apiextensions.k8s.io', ['customresourcedefinitions'], read),
  rule('coordination.k8s.io', ['leases'], read),
]

const judgeRights: Rule[] = [
  rule('rbac.authorization.k8s.io', ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'], read),
  rule(
    'admissionregistration.k8s.io',
    [
      'validatingadmissionpolicies',
      'validatingadmissionpolicybindings',
      'mutatingadmissionpolicies',
      'mutatingadmissionpolicybindings',
      'validatingwebhookconfigurations',
      'mutatingwebhookconfigurations',
    ],
    read,
  ),
  rule('certificates.k8s.io', ['certificatesigningrequests'], read),
]

export const personaRules: Record<Persona, readonly Rule[]> = {
  // Keeps nodes and namespaces. Starts no pod and reads no Secret: whoever may do either everywhere is root everywhere.
  'platform-admin': [
    ...lookAround,
    ...lookEverywhere,
    ...judgeRights,
    rule('', ['nodes'], ['update', 'patch']),
    rule('', ['pods'], ['delete']),
    rule('', ['pods/eviction'], ['create']),
    rule('', ['pods/log'], ['get']),
    rule('', ['namespaces'], ['create', 'update', 'patch']),
    rule('', ['resourcequotas', 'limitranges'], write),
    rule('networking.k8s.io', ['networkpolicies'], write),
    rule('', ['persistentvolumes'], write),
    rule('storage.k8s.io', ['storageclasses'], write),
    rule('scheduling.k8s.io', ['priorityclasses'], write),
    { nonResourceURLs: ['/metrics'], verbs: ['get'] },
  ],
  // Sees how everything is set and changes nothing.
  'security-auditor': [
    ...lookAround,
    ...lookEverywhere,
    ...judgeRights,
    { nonResourceURLs: ['/metrics'], verbs: ['get'] },
  ],
  // The administrator of a namespace. May pass on what it holds itself, and no more: neither escalate nor bind.
  operator: [
    ...lookAround,
    ...develop,
    rule('', ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/eviction'], ['create']),
    rule('', ['pods/exec', 'pods/attach', 'pods/portforward'], ['get']),
    rule('', ['secrets'], [...read, ...write]),
    rule('', ['serviceaccounts'], write),
    rule('networking.k8s.io', ['networkpolicies'], write),
    rule('rbac.authorization.k8s.io', ['roles', 'rolebindings'], [...read, ...write]),
  ],
  // Runs its own workloads. Makes Secrets and cannot read them back: update and patch would answer with what they hold.
  developer: [...lookAround, ...develop, rule('', ['secrets'], ['create', 'delete'])],
  viewer: lookAround,
}
