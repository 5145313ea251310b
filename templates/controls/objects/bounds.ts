import { boundedNamespaces, systemNamespaces } from '../../cluster/namespaces.ts'
import type { Control } from '../../control.ts'

const claim = 'claim: admission: ResourceQuota, LimitRanger, ...'
/** The name of the quota and of the limit range in each namespace. */
const boundsName = 'redoubt'

export const namespaceQuota: Control = {
  id: 'namespace-quota',
  title: 'Every namespace has a quota: pods, CPU, memory, no port on the nodes; the default namespace takes no pods',
  references: ['CIS 5.6.1', 'CIS 5.6.4', claim],
  why: 'One tenant’s runaway deployment would take the nodes from all others, and what has no namespace of its own has no owner.',
  on: ({ model }) => ({
    objects: boundedNamespaces(model).map(({ name, quota }) => ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: boundsName, namespace: name },
      spec: { hard: quota },
    })),
  }),
  off: () => ({}),
}

export const namespaceLimits: Control = {
  id: 'namespace-limits',
  title: 'A container that asks for nothing is given bounds, and none may ask for more than its namespace allows',
  references: ['CIS 5.6.1', claim],
  why: 'A container without a memory limit can take all of its node’s.',
  on: ({ model }) => ({
    objects: boundedNamespaces(model).map(({ name, limits }) => ({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: boundsName, namespace: name },
      spec: { limits: [{ type: 'Container', ...limits }] },
    })),
  }),
  off: () => ({}),
}

export const noDefaultToken: Control = {
  id: 'no-default-token',
  title: 'The service account that a pod gets by itself mounts no token',
  references: ['CIS 5.1.5', 'CIS 5.1.6', 'claim: minimal privileges'],
  why: 'Most pods never speak to the API; a token in each is a credential for whoever breaks into one.',
  on: ({ model }) => ({ objects: defaultAccounts(namesOf(model), false) }),
  // Not left out: apply would delete the accounts, and with them the tokens of pods that run.
  off: ({ model }) => ({ objects: defaultAccounts(namesOf(model), true) }),
}

function namesOf(model: Parameters<typeof boundedNamespaces>[0]): string[] {
  return [...systemNamespaces, ...boundedNamespaces(model).map(({ name }) => name)]
}

function defaultAccounts(names: readonly string[], automountServiceAccountToken: boolean) {
  return names.map((namespace) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace },
    automountServiceAccountToken,
  }))
}
