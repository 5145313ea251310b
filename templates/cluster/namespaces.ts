import type { Model } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import { verifierNamespace } from './verifier.ts'

/** A namespace in which pods of people, or of probes, may run, and what bounds them. */
export interface Bounded {
  name: string
  quota: Record<string, string>
  limits: Record<'default' | 'defaultRequest' | 'max', Record<string, string | undefined>>
}

/** The control plane's own. Its pods are not bounded: a quota must not be able to stop a node. */
export const systemNamespaces = ['kube-system', 'kube-public', 'kube-node-lease'] as const

const quota = {
  pods: '50',
  'requests.cpu': '8',
  'requests.memory': '16Gi',
  'limits.memory': '32Gi',
  // A port on every node and an address of the network's are the cluster operator's to give.
  'services.nodeports': '0',
  'services.loadbalancers': '0',
}
const limits = {
  default: { cpu: '1', memory: '256Mi' },
  defaultRequest: { cpu: '50m', memory: '64Mi' },
  max: { cpu: '4', memory: '8Gi' },
}

/** Small, so that probes can ask for too much without asking for much. */
const sandboxQuota = {
  ...quota,
  pods: '30',
  'requests.cpu': '2',
  'requests.memory': '2Gi',
  'limits.memory': '4Gi',
  'services.loadbalancers': '2',
}
const sandboxLimits = { ...limits, max: { cpu: '2', memory: '1Gi' } }

/**
 * Every namespace that is bounded: those of the spec with what it says, our own, and `default`, which takes no pods unless the
 * spec names it (CIS 5.6.4).
 */
export function boundedNamespaces({ spec }: Model): Bounded[] {
  const named = spec.namespaces.map((namespace) => ({
    name: namespace.name,
    quota: { ...quota, ...namespace.quota },
    limits: {
      default: { ...limits.default, ...namespace.limits.default },
      defaultRequest: { ...limits.defaultRequest, ...namespace.limits.defaultRequest },
      max: { ...limits.max, ...namespace.limits.max },
    },
  }))
  const closed = { name: 'default', quota: { ...quota, pods: '0' }, limits }
  return [
    ...(named.some(({ name }) => name === 'default') ? [] : [closed]),
    { name: verifierNamespace, quota: sandboxQuota, limits: sandboxLimits },
    ...named,
  ]
}

/** The namespaces of the spec, held to the restricted standard by label too, and our own, in which the cluster's defaults hold. */
export function namespaces(model: Model): KubeObject[] {
  const version = `v${model.minor}`
  const labels = Object.fromEntries(
    ['enforce', 'audit', 'warn'].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, 'restricted'],
      [`pod-security.kubernetes.io/${mode}-version`, version],
    ]),
  )
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: verifierNamespace } },
    ...model.spec.namespaces.map(({ name }) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    })),
  ]
}
