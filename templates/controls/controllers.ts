import { ports } from '../../cluster/components.ts'
import { clusterRoleBinding } from '../cluster/rbac.ts'
import type { Control } from '../control.ts'

const bind = (address: string) => ({
  args: { 'kube-controller-manager': { 'bind-address': address }, 'kube-scheduler': { 'bind-address': address } },
})

export const loopbackOnly: Control = {
  id: 'loopback-only',
  title: 'Controller manager and scheduler listen on their own node only',
  references: [
    'CIS 1.3.7',
    'CIS 1.4.2',
    'STIG V-242384',
    'STIG V-242385',
    'claim: private endpoints, firewall checklists',
  ],
  why: 'Nobody outside the node needs them, and what cannot be reached cannot be attacked.',
  on: () => bind('127.0.0.1'),
  off: () => bind('0.0.0.0'),
}

export const proxyLoopback: Control = {
  id: 'proxy-loopback',
  title: 'kube-proxy shows its metrics on its own node only',
  references: ['CIS 4.3.1', 'claim: private endpoints, firewall checklists'],
  why: 'The port has no authentication and tells of every Service.',
  on: () => ({ kubeProxy: { metricsBindAddress: `127.0.0.1:${ports.proxyMetrics}` } }),
  off: () => ({ kubeProxy: { metricsBindAddress: `0.0.0.0:${ports.proxyMetrics}` } }),
}

const together = 'redoubt:controllers-together'

export const controllerCredentials: Control = {
  id: 'controller-credentials',
  title: 'Each controller acts under an account of its own',
  references: ['CIS 1.3.3', 'CIS 1.3.4', 'CIS 1.3.5', 'STIG V-242381', 'STIG V-242421', 'claim: minimal privileges'],
  why: 'One account for all of them would need the rights of all of them, and the audit log could not tell them apart.',
  on: () => ({ args: { 'kube-controller-manager': { 'use-service-account-credentials': 'true' } } }),
  // The one account then needs every right: without them controllers would stand still.
  off: () => ({
    args: { 'kube-controller-manager': { 'use-service-account-credentials': 'false' } },
    objects: [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: together },
        rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
      },
      clusterRoleBinding(together, together, { kind: 'User', name: 'system:kube-controller-manager' }),
    ],
  }),
}

export const podGc: Control = {
  id: 'pod-gc',
  title: 'Pods that have ended are removed before they fill etcd',
  references: ['CIS 1.3.1'],
  why: 'By default 12500 of them are kept.',
  on: () => ({ args: { 'kube-controller-manager': { 'terminated-pod-gc-threshold': '1000' } } }),
  off: () => ({ args: { 'kube-controller-manager': { 'terminated-pod-gc-threshold': '12500' } } }),
}
