import type { Control } from '../control.ts'

/** ECDHE with AES-GCM: what remains of TLS 1.2 (STIG V-242418). TLS 1.3 has its own suites, all of them good. */
const suites = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
] as const

const floor = { 'tls-min-version': 'VersionTLS12', 'tls-cipher-suites': suites }
const sunk = { 'tls-min-version': 'VersionTLS10' }

export const apiserverTls: Control = {
  id: 'apiserver-tls',
  title: 'The control plane serves TLS 1.2 or later with forward secrecy and AEAD only',
  references: [
    'CIS 1.2.24',
    'CIS 1.2.29',
    'STIG V-242376',
    'STIG V-242377',
    'STIG V-242378',
    'STIG V-242389',
    'STIG V-242418',
    'STIG V-242422',
    'claim: TLS everywhere',
  ],
  why: 'TLS 1.0 and 1.1 and CBC suites can be attacked from the network; every client of this cluster speaks better.',
  on: () => ({ args: { 'kube-apiserver': floor, 'kube-controller-manager': floor, 'kube-scheduler': floor } }),
  off: () => ({ args: { 'kube-apiserver': sunk, 'kube-controller-manager': sunk, 'kube-scheduler': sunk } }),
}

export const kubeletTls: Control = {
  id: 'kubelet-tls',
  title: 'Kubelets serve TLS 1.2 or later with forward secrecy and AEAD only',
  references: ['CIS 4.2.9', 'CIS 4.2.12', 'STIG V-242424', 'STIG V-242425', 'claim: TLS everywhere'],
  why: 'The kubelet’s port runs commands in pods; it deserves the same floor as the API server.',
  on: () => ({ kubelet: { tlsMinVersion: 'VersionTLS12', tlsCipherSuites: suites } }),
  off: () => ({ kubelet: { tlsMinVersion: 'VersionTLS10' } }),
}

export const etcdTls: Control = {
  id: 'etcd-tls',
  title: 'etcd serves TLS 1.2 or later with forward secrecy and AEAD only',
  references: ['CIS 2.1', 'CIS 2.3', 'STIG V-242379', 'STIG V-242427', 'STIG V-242428', 'claim: TLS everywhere'],
  why: 'etcd holds the whole state. It cannot go below TLS 1.2, but by default it takes CBC suites there.',
  on: () => ({ args: { etcd: { 'tls-min-version': 'TLS1.2', 'cipher-suites': suites } } }),
  // Go's own list, which still has ECDHE with AES-CBC and SHA-1.
  off: () => ({ args: { etcd: { 'tls-min-version': 'TLS1.2' } } }),
}
