import type { ConfigurableName } from '../../cluster/components.ts'
import type { NodeModel } from '../../cluster/model.ts'

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
    'initial-cluster-state', // `existing` where a control plane joins
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
  'show-join-command', // needs upload-certs and bootstrap-token
] as const

/** Checks before `kubeadm init` and `join` that are ignored, and on which nodes. */
export const ignoredChecks: readonly {
  check: string
  on(node: NodeModel, joins: boolean): boolean
  why: string
}[] = [
  {
    check: 'SystemVerification',
    on: (node) => node.host.cgroup === 'v1',
    why: 'kubeadm refuses control groups v1 unless the check is left out, even with failCgroupV1 off; all else in it only warns',
  },
  {
    check: 'FileAvailable--etc-kubernetes-kubelet.conf',
    on: (_, joins) => joins,
    why: 'the node’s certificate is of the PKI and lies there before: nothing is bootstrapped by a token',
  },
]

interface Difference {
  component: ConfigurableName | '*'
  /** As templates/kubeadm/compare.ts names it. */
  place: string
  why: string
}

const probes = 'kubeadm waits 10 s before the first request; we ask at once, every second'
const ports = 'kubeadm names a port of the container for its own probes; with hostNetwork it opens nothing'
const manager = 'kube-controller-manager'

/** How the static pods that kubeadm writes from the target differ from our own. `*`: in every one. Seen with kubeadm 1.36.3. */
export const ofManifests: readonly Difference[] = [
  { component: '*', place: 'container.livenessProbe.initialDelaySeconds', why: probes },
  { component: '*', place: 'container.startupProbe.initialDelaySeconds', why: probes },
  { component: '*', place: 'container.ports.0.containerPort', why: ports },
  { component: '*', place: 'container.ports.0.name', why: ports },
  { component: '*', place: 'container.ports.0.protocol', why: ports },
  {
    component: 'kube-apiserver',
    place: 'mount /etc/ssl/certs',
    why: 'kubeadm gives public authorities to components; ours trust those of the PKI alone',
  },
  {
    component: manager,
    place: 'mount /etc/ssl/certs',
    why: 'kubeadm gives public authorities to components; ours trust those of the PKI alone',
  },
  {
    component: manager,
    place: '--cluster-cidr',
    why: 'of no effect: node networks are not allocated here',
  },
  { component: manager, place: '--service-cluster-ip-range', why: 'of no effect, as --cluster-cidr' },
  {
    component: manager,
    place: '--cluster-signing-cert-file',
    why: 'kubeadm writes it empty where it holds no authority: only the kubelets’ signer has an issuer',
  },
  { component: manager, place: '--cluster-signing-key-file', why: 'empty, as --cluster-signing-cert-file' },
  {
    component: manager,
    place: '--controllers',
    why: 'kubeadm turns on the controllers of bootstrap tokens; without the API server’s flag they do nothing',
  },
  {
    component: 'etcd',
    place: '--feature-gates',
    why: 'kubeadm turns on InitialCorruptCheck; ours starts as etcd does by default',
  },
  {
    component: 'etcd',
    place: '--initial-cluster-state',
    why: 'kubeadm leaves it out on the first control plane: etcd’s default is new',
  },
  { component: 'etcd', place: '--snapshot-count', why: 'kubeadm writes etcd’s default of 3.5' },
  {
    component: 'etcd',
    place: 'mount /etc/kubernetes/pki/etcd',
    why: 'kubeadm lets etcd write where its certificates are',
  },
]
