/** Every part of a cluster that we carry, by its upstream name. The catalogue says how each is provided. */
export const components = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubectl',
  'kubeadm',
  'etcd',
  'etcdctl',
  'etcdutl',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
  'cni-bridge',
  'cni-host-local',
  'cni-loopback',
  'cni-portmap',
  'coredns',
  'pause',
  'agnhost',
  'cilium',
  'cilium-operator',
  'cilium-dbg',
  'cilium-cni',
] as const
export type ComponentName = (typeof components)[number]

/** What makes the pod network. */
export const providers = ['routes', 'cilium'] as const
export type Provider = (typeof providers)[number]

/** The components that one pod network alone needs: the bundle of a cluster with another one holds none of them. */
export const networkComponents = {
  routes: ['cni-bridge', 'cni-host-local', 'cni-portmap'],
  cilium: ['cilium', 'cilium-operator', 'cilium-dbg', 'cilium-cni'],
} as const satisfies Record<Provider, readonly ComponentName[]>
export type NetworkComponentName = (typeof networkComponents)[Provider][number]

/** Of these components those that a cluster with this pod network has, in the same order. */
export function carried<Name extends ComponentName>(names: readonly Name[], provider: Provider): Name[] {
  const foreign: readonly ComponentName[] = providers
    .filter((other) => other !== provider)
    .flatMap((other) => networkComponents[other])
  return names.filter((name) => !foreign.includes(name))
}

/** The components that run as containers: for each the bundle holds an image. */
export const imageComponents = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'etcd',
  'coredns',
  'pause',
  'agnhost',
  'cilium',
  'cilium-operator',
] as const satisfies readonly ComponentName[]
export type ImageName = (typeof imageComponents)[number]

/** The components that are placed on nodes as a file: where. The layout is kubeadm's and the CNI's. */
export const binaryPaths = {
  kubelet: '/usr/bin/kubelet',
  kubectl: '/usr/bin/kubectl',
  kubeadm: '/usr/bin/kubeadm',
  etcdctl: '/usr/local/bin/etcdctl',
  etcdutl: '/usr/local/bin/etcdutl',
  containerd: '/usr/local/bin/containerd',
  'containerd-shim-runc-v2': '/usr/local/bin/containerd-shim-runc-v2',
  ctr: '/usr/local/bin/ctr',
  runc: '/usr/local/sbin/runc',
  'cni-bridge': '/opt/cni/bin/bridge',
  'cni-host-local': '/opt/cni/bin/host-local',
  'cni-loopback': '/opt/cni/bin/loopback',
  'cni-portmap': '/opt/cni/bin/portmap',
  'cilium-cni': '/opt/cni/bin/cilium-cni',
} as const satisfies Partial<Record<ComponentName, string>>
export type BinaryName = keyof typeof binaryPaths

/** The components whose arguments `redoubt.yaml` may extend (`spec.components.NAME.args`). */
export const configurable = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const
export type ConfigurableName = (typeof configurable)[number]

export const ports = {
  etcdClient: 2379,
  etcdPeer: 2380,
  etcdMetrics: 2381,
  kubelet: 10250,
  kubeletHealthz: 10248,
  proxyMetrics: 10249,
  proxyHealthz: 10256,
  controllerManager: 10257,
  scheduler: 10259,
  /** UDP, between nodes: provider cilium. */
  vxlan: 8472,
  ciliumHealth: 9879,
  ciliumOperator: 9234,
  ciliumOperatorMetrics: 9963,
} as const

export const paths = {
  kubernetes: '/etc/kubernetes',
  manifests: '/etc/kubernetes/manifests',
  pki: '/etc/kubernetes/pki',
  kubeletData: '/var/lib/kubelet',
  containerdSocket: '/run/containerd/containerd.sock',
  containerdConfig: '/etc/containerd/config.toml',
  cniConfig: '/etc/cni/net.d',
  /** A bpf file system of our own: /sys/fs/bpf is not there on every host. */
  bpf: '/run/cilium/bpffs',
  firewall: '/etc/redoubt/firewall.nft',
  /** What apply keeps on a node: the tree it applied, staging, saved files, the rollback. */
  state: '/var/lib/redoubt',
} as const

/** Our images carry our own name, never upstream's. */
export const imageRepository = 'redoubt.dev'
