import type { Control } from '../control.ts'

export const etcdTrust = '/etc/kubernetes/pki/etcd/ca.crt'

export const etcdClientAuth: Control = {
  id: 'etcd-client-auth',
  title: 'etcd takes only clients with a certificate of its own authority',
  references: ['CIS 2.2', 'CIS 2.7', 'STIG V-242423', 'claim: both ends authenticated'],
  why: 'etcd has no other authentication: whoever connects reads and writes everything, past RBAC and audit.',
  on: () => ({ args: { etcd: { 'client-cert-auth': 'true', 'trusted-ca-file': etcdTrust } } }),
  // A trusted CA alone already makes etcd ask for certificates, so off has neither.
  off: () => ({ args: { etcd: { 'client-cert-auth': 'false' } } }),
}
