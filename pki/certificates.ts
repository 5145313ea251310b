// Everything a cluster needs, as one table. Sources: kubeadm's certlist.go (names, groups), docs/pki.md (who trusts what).
// etcd checks DNS and IP names of a client certificate against the address it comes from (transport/listener_tls.go), so
// identities that are no hosts carry a URI as their subject alternative name.
import type { ClusterSpec, NodeSpec } from '../cluster/spec.ts'
import { apiserverNames, loopback, loopbackAndNode } from './names.ts'
import type { Usage } from './x509.ts'

/** Lifetimes in days. */
export const lifetimes = { root: 15 * 365, issuer: 5 * 365, leaf: 365, kubelet: 90, person: 90 } as const

export interface Authority {
  id: string
  /** What certificates below it may be used for; none is no restriction. */
  usages: Usage[]
  why: string
}

/** The root signs the issuers only; each issuer serves one purpose. */
export const authorities = [
  {
    id: 'root',
    usages: [],
    why: 'anchor for people and for clients that want a self-signed root; signs the issuers only',
  },
  { id: 'server-ca', usages: ['server'], why: 'API servers and the serving ports of the control plane' },
  { id: 'client-ca', usages: ['client'], why: 'users of the API: components, people, probes' },
  {
    id: 'kubelet-client-ca',
    usages: ['client'],
    why: 'kubelets as users of the API; the controller manager signs with it',
  },
  { id: 'kubelet-serving-ca', usages: ['server'], why: 'the serving ports of kubelets' },
  { id: 'etcd-ca', usages: ['server', 'client'], why: 'etcd: members, and whoever may read the whole state' },
  { id: 'front-proxy-ca', usages: ['client'], why: 'the API server as front of aggregated APIs' },
] as const satisfies Authority[]
export type AuthorityId = (typeof authorities)[number]['id']

export interface Leaf {
  kind: string
  /** For which nodes; the kinds of `operator` exist once, without a node in their id. */
  on: 'control-plane' | 'node' | 'operator'
  issuer: AuthorityId
  usages: Usage[]
  days: number
  user: (node: string) => string
  groups?: string[]
  /** Names that servers answer to; without it the certificate gets a URI that names cluster and id. */
  sans?: (node: NodeSpec, spec: ClusterSpec) => string[]
  /** The same, of what is on no node. */
  names?: (spec: ClusterSpec) => string[]
  /** Which clusters have it; without it all. */
  wanted?: (spec: ClusterSpec) => boolean
  why: string
}

const { leaf, kubelet, person } = lifetimes

/** Client and server certificates, in the order of the control plane's start. */
export const leaves: readonly Leaf[] = [
  {
    kind: 'etcd-server',
    on: 'control-plane',
    issuer: 'etcd-ca',
    usages: ['server', 'client'], // etcd's gateway uses its serving certificate as a client
    days: leaf,
    user: (node) => node,
    sans: loopbackAndNode,
    why: 'etcd, 2379',
  },
  {
    kind: 'etcd-peer',
    on: 'control-plane',
    issuer: 'etcd-ca',
    usages: ['server', 'client'],
    days: leaf,
    user: (node) => node,
    sans: loopbackAndNode,
    why: 'etcd members among themselves, 2380',
  },
  {
    kind: 'etcd-healthcheck-client',
    on: 'control-plane',
    issuer: 'etcd-ca',
    usages: ['client'],
    days: leaf,
    user: () => 'kube-etcd-healthcheck-client',
    why: 'health checks and snapshots of etcd',
  },
  {
    kind: 'apiserver',
    on: 'control-plane',
    issuer: 'server-ca',
    usages: ['server'],
    days: leaf,
    user: () => 'kube-apiserver',
    sans: apiserverNames,
    why: 'API server',
  },
  {
    kind: 'apiserver-etcd-client',
    on: 'control-plane',
    issuer: 'etcd-ca',
    usages: ['client'],
    days: leaf,
    user: () => 'kube-apiserver-etcd-client',
    why: 'API server to etcd',
  },
  {
    kind: 'apiserver-kubelet-client',
    on: 'control-plane',
    issuer: 'client-ca',
    usages: ['client'],
    days: leaf,
    user: () => 'kube-apiserver-kubelet-client', // bound to system:kubelet-api-admin by name: no group
    why: 'API server to kubelets',
  },
  {
    kind: 'front-proxy-client',
    on: 'control-plane',
    issuer: 'front-proxy-ca',
    usages: ['client'],
    days: leaf,
    user: () => 'front-proxy-client',
    why: 'API server to aggregated APIs',
  },
  {
    kind: 'controller-manager',
    on: 'control-plane',
    issuer: 'client-ca',
    usages: ['client'],
    days: leaf,
    user: () => 'system:kube-controller-manager',
    why: 'controller manager to API server',
  },
  {
    kind: 'controller-manager-serving',
    on: 'control-plane',
    issuer: 'server-ca',
    usages: ['server'],
    days: leaf,
    user: () => 'kube-controller-manager',
    sans: loopback,
    why: 'controller manager, 10257',
  },
  {
    kind: 'scheduler',
    on: 'control-plane',
    issuer: 'client-ca',
    usages: ['client'],
    days: leaf,
    user: () => 'system:kube-scheduler',
    why: 'scheduler to API server',
  },
  {
    kind: 'scheduler-serving',
    on: 'control-plane',
    issuer: 'server-ca',
    usages: ['server'],
    days: leaf,
    user: () => 'kube-scheduler',
    sans: loopback,
    why: 'scheduler, 10259',
  },
  {
    kind: 'kubelet-client',
    on: 'node',
    issuer: 'kubelet-client-ca',
    usages: ['client'],
    days: kubelet, // its first one; from then on it renews through the CSR API
    user: (node) => `system:node:${node}`,
    groups: ['system:nodes'],
    why: 'kubelet to API server',
  },
  {
    kind: 'kubelet-serving',
    on: 'node',
    issuer: 'kubelet-serving-ca',
    usages: ['server'],
    days: leaf,
    user: (node) => `system:node:${node}`,
    groups: ['system:nodes'],
    sans: (node) => [`DNS:${node.name}`, `IP:${node.address}`],
    why: 'kubelet, 10250',
  },
  {
    kind: 'admin',
    on: 'operator',
    issuer: 'client-ca',
    usages: ['client'],
    days: person,
    user: () => 'kubernetes-admin',
    groups: ['kubeadm:cluster-admins'], // a group that RBAC can take back, unlike system:masters
    why: 'the operator; in admin.conf',
  },
  {
    kind: 'super-admin',
    on: 'operator',
    issuer: 'client-ca',
    usages: ['client'],
    days: person,
    user: () => 'kubernetes-super-admin',
    groups: ['system:masters'],
    why: 'bootstrap and breaking glass: no RBAC binds it, so it never goes to a node',
  },
  {
    kind: 'registry',
    on: 'operator',
    issuer: 'server-ca',
    usages: ['server'],
    days: leaf,
    user: () => 'bundle-registry',
    wanted: (spec) => spec.spec.bundle.serve !== undefined,
    names: (spec) => [`IP:${spec.spec.bundle.serve?.split(':')[0]}`],
    why: '`redoubt bundle serve`, where `spec.bundle.serve` says; else there is none',
  },
]
