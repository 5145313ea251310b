import type { Control } from '../control.ts'

export const etcdTrust = '/etc/kubernetes/pki/etcd/ca.crt'

export const etcdPeerAuth: Control = {
  id: 'etcd-peer-auth',
  title: 'etcd takes only members with a certificate of its own authority',
  references: [
    'CIS 2.4',
    'CIS 2.5',
    'CIS 2.6',
    'STIG V-242380',
    'STIG V-242426',
    'STIG V-242432',
    'STIG V-242433',
    'claim: both ends authenticated',
  ],
  why: 'Whoever joins as a member is given a copy of everything.',
  on: () => ({ args: { etcd: { 'peer-client-cert-auth': 'true', 'peer-trusted-ca-file': etcdTrust } } }),
  off: () => ({ args: { etcd: { 'peer-client-cert-auth': 'false' } } }),
}

export const etcdClientAuth: Control = {
  id: 'etcd-client-auth',
  title: 'etcd takes only clients with a certificate of its own authority',
  references: [
    'CIS 1.2.23',
    'CIS 1.2.26',
    'CIS 2.2',
    'CIS 2.7',
    'STIG V-242423',
    'STIG V-242429',
    'STIG V-242430',
    'STIG V-242431',
    'claim: both ends authenticated',
  ],
  why: 'etcd has no other authentication: whoever connects reads and writes everything, past RBAC and audit.',
  on: () => ({ args: { etcd: { 'client-cert-auth': 'true', 'trusted-ca-file': etcdTrust } } }),
  // A trusted CA alone already makes etcd ask for certificates, so off has neither.
  off: () => ({ args: { etcd: { 'client-cert-auth': 'false' } } }),
}
