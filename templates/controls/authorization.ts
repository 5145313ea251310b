import type { Control } from '../control.ts'

export const authorizationRbac: Control = {
  id: 'authorization-rbac',
  title: 'Every request is authorised by the node authorizer or RBAC',
  references: ['CIS 1.2.6', 'CIS 1.2.7', 'CIS 1.2.8', 'STIG V-242382', 'claim: RBAC least privilege, ABAC not used'],
  why: 'With AlwaysAllow in the list, every identity is cluster-admin.',
  on: () => ({ args: { 'kube-apiserver': { 'authorization-mode': ['Node', 'RBAC'] } } }),
  off: () => ({ args: { 'kube-apiserver': { 'authorization-mode': ['Node', 'RBAC', 'AlwaysAllow'] } } }),
}

export const nodeRestriction: Control = {
  id: 'node-restriction',
  title: 'A kubelet may change its own node and its own pods only',
  references: ['CIS 1.2.14', 'claim: minimal privileges'],
  why: 'Without it the certificate of one node can relabel every other node and draw their pods and secrets to itself.',
  on: () => ({ args: { 'kube-apiserver': { 'enable-admission-plugins': ['NodeRestriction'] } } }),
  off: () => ({ args: { 'kube-apiserver': { 'disable-admission-plugins': ['NodeRestriction'] } } }),
}
