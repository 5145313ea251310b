import type { AuthorityId } from './certificates.ts'

export interface Trust {
  /** What its holder uses it for: to let clients in, or to recognise servers. */
  authenticates: 'clients' | 'servers'
  authorities: readonly AuthorityId[]
  /** The settings that read this file. */
  usedBy: string
}

/**
 * Every trust file of a cluster. Those that authenticate clients hold the issuers of that one purpose and never the root:
 * Go accepts intermediates that the peer sends, so a shared root would let a cluster client into etcd.
 */
export const trusts = {
  'api-clients': {
    authenticates: 'clients',
    authorities: ['client-ca', 'kubelet-client-ca'],
    usedBy: 'kube-apiserver --client-ca-file; kube-controller-manager and kube-scheduler --client-ca-file',
  },
  'kubelet-clients': {
    authenticates: 'clients',
    authorities: ['client-ca'],
    usedBy: 'kubelet authentication.x509.clientCAFile',
  },
  'front-proxy': {
    authenticates: 'clients',
    authorities: ['front-proxy-ca'],
    usedBy: 'kube-apiserver --requestheader-client-ca-file',
  },
  etcd: {
    authenticates: 'clients',
    authorities: ['etcd-ca'],
    usedBy: 'etcd --trusted-ca-file and --peer-trusted-ca-file; kube-apiserver --etcd-cafile',
  },
  'api-servers': {
    authenticates: 'servers',
    authorities: ['server-ca'],
    usedBy: 'kubeconfigs of components',
  },
  'api-servers-and-root': {
    authenticates: 'servers',
    // OpenSSL wants a self-signed anchor; kubeadm reads the first certificate only.
    authorities: ['root', 'server-ca'],
    usedBy: 'kube-controller-manager --root-ca-file (ca.crt of pods), admin.conf, ca.crt for kubeadm',
  },
  'kubelet-servers': {
    authenticates: 'servers',
    authorities: ['kubelet-serving-ca'],
    usedBy: 'kube-apiserver --kubelet-certificate-authority',
  },
  registry: {
    authenticates: 'servers',
    authorities: ['server-ca'],
    usedBy: 'containerd’s certs.d, for `redoubt bundle serve`',
  },
} as const satisfies Record<string, Trust>
export type TrustName = keyof typeof trusts
