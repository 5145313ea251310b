import { defaultLimits, defaultQuota, type Limits, mergeLimits } from '../../cluster/bounds.ts'
import type { Model } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import { verifierNamespace } from './verifier.ts'

/** A namespace in which pods of people, or of probes, may run, and what bounds them. */
export interface Bounded {
  name: string
  quota: Record<string, string>
  limits: Limits
}

/** The control plane's own. Its pods are not bounded: a quota must not be able to stop a node. */
export const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease'] as const

/** Small, so that probes can ask for too much without asking for much. */
const sandboxQuota = {
  ...defaultQuota,
  pods: '30',
  'requests.cpu': '2',
  'requests.memory': '2Gi',
  'limits.memory': '4Gi',
  'services.loadbalancers': '2',
}
const sandboxLimits = { ...defaultLimits, max: { cpu: '2', memory: '1Gi' } }

/**
 * Every namespace that is bounded: those of the spec with what it says, our own, and `default`, which takes no pods unless the
 * spec names it (CIS 5.6.4).
 */
export function boundedNamespaces({ spec }: Model): Bounded[] {
  const named = spec.namespaces.map((namespace) => ({
    name: namespace.name,
    quota: { ...defaultQuota, ...namespace.quota },
    limits: mergeLimits(namespace.limits),
  }))
  const closed = { name: 'default', quota: { ...defaultQuota, pods: '0' }, limits: defaultLimits }
  return [
    ...(named.some(({ name }) => name === 'default') ? [] : [closed]),
    { name: verifierNamespace, quota: sandboxQuota, limits: sandboxLimits },
    ...named,
  ]
}

/**
 * The namespaces of the spec, held to the restricted standard by label too unless it says otherwise (the audit log then still names what is
 * not restricted), and our own, in which the cluster's defaults hold.
 */
export function namespaces(model: Model): KubeObject[] {
  const labels = (level: string) => {
    const modes = { enforce: level, audit: 'restricted', warn: level }
    return Object.fromEntries(
      Object.entries(modes).flatMap(([mode, value]) => [
        [`pod-security.kubernetes.io/${mode}`, value],
        [`pod-security.kubernetes.io/${mode}-version`, `v${model.minor}`],
      ]),
    )
  }
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: verifierNamespace } },
    ...model.spec.namespaces.map(({ name, podSecurity }) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        labels: labels(podSecurity?.level ?? 'restricted'),
        ...(podSecurity ? { annotations: { 'redoubt.dev/pod-security': podSecurity.reason } } : {}),
      },
    })),
  ]
}
