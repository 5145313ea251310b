import type { KubeObject } from '../../../cluster/objects.ts'
import { boundedNamespaces } from '../../cluster/namespaces.ts'
import { verifierNamespace } from '../../cluster/verifier.ts'
import type { Control } from '../../control.ts'

/** Test pods that carry it may reach each other, and no other pod may reach them. */
export const pairLabel = 'redoubt.dev/probe-pair'

export const networkPolicies: Control = {
  id: 'network-policies',
  title: 'Pods reach nothing but DNS and are reached by nothing, unless a policy of their namespace says so',
  references: ['CIS 5.3.1', 'CIS 5.3.2', 'claim: hostile network'],
  why: 'In a flat network one broken pod talks to all others, and to the metadata address that hands out credentials.',
  notApplicable: ({ model }) =>
    model.network.provider === 'routes'
      ? 'provider routes has nothing that enforces NetworkPolicies: rendering them would promise what nobody keeps'
      : undefined,
  on: ({ model }) => ({
    objects: boundedNamespaces(model).flatMap(({ name }) => [
      // Denies what no policy allows: 169.254.169.254 too, which only a policy with an ipBlock of its own could open.
      policy(name, 'default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
      policy(name, 'allow-dns', { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [dns], ports: dnsPorts }] }),
      ...(name === verifierNamespace ? [pair()] : []),
    ]),
  }),
  off: () => ({}),
}

const dns = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
}
/** By the names of the pods' own ports: policies are judged behind the Service. */
const dnsPorts = [
  { protocol: 'UDP', port: 'dns' },
  { protocol: 'TCP', port: 'dns-tcp' },
]

function pair(): KubeObject {
  const selector = { matchLabels: { [pairLabel]: 'allowed' } }
  return policy(verifierNamespace, 'allow-pair', {
    podSelector: selector,
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [{ podSelector: selector }] }],
    egress: [{ to: [{ podSelector: selector }] }],
  })
}

function policy(namespace: string, name: string, spec: object): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `redoubt-${name}`, namespace },
    spec,
  }
}
