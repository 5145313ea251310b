import type { ConfigurableName } from '../../cluster/components.ts'

/** Arguments that differ from node to node: kubeadm derives them itself from its own configuration of the node. */
export const notOfTheCluster: Readonly<Record<ConfigurableName, readonly string[]>> = {
  'kube-apiserver': ['advertise-address'],
  'kube-controller-manager': [],
  'kube-scheduler': [],
  etcd: [
    'name',
    'advertise-client-urls',
    'listen-client-urls',
    'initial-advertise-peer-urls',
    'listen-peer-urls',
    'initial-cluster',
  ],
}

/** Phases of `kubeadm init` that are left out, because what they make is there or comes later with our own objects. */
export const skippedPhases = [
  'certs', // every certificate is of the PKI: no key of an authority lies on a node
  'kubeconfig',
  'upload-certs',
  'bootstrap-token', // no join tokens
  'addon/coredns', // rendered/cluster, by digest and without a resolver outside
  'addon/kube-proxy',
] as const
