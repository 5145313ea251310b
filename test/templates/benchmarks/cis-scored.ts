/**
 * What a strict reader of the CIS Kubernetes Benchmark v1.12 expects of each scored item in the arguments and files of a node: from the
 * audit texts (kube-bench cfg/cis-1.12 has them as code), never from our own controls, so that an error there shows here.
 */
export type Rule =
  | 'set'
  | 'absent'
  /** Set, and names a file of the node. */
  | 'file'
  | { is: string }
  /** Not set, or set to anything but this. */
  | { isNot: string }
  /** A list with this item. */
  | { has: string }
  /** Not set, or a list without this item. */
  | { lacks: string }
  | { atLeast: number }

export type Look =
  /** An argument of a program: given once, or not at all. */
  | { program: Program; flag: string; rule: Rule }
  /** A field of the kubelet's or kube-proxy's configuration, by dotted path, which no argument overrides. */
  | { config: 'kubelet' | 'kube-proxy'; path: string; rule: Rule }
  /** A file or folder that must be there (unless `optional`), or everything below a path that ends in `/` (`but` these): no bit beyond, that owner. */
  | { path: string; mode?: number; owner?: string; optional?: true; but?: readonly string[] }

export type Program = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'etcd' | 'kubelet'

export interface Expectation {
  item: string
  /** Of which nodes it is asked. */
  of: 'control planes' | 'nodes'
  looks: readonly Look[]
  /** Why that is met although the audit text, taken by the letter, looks for something else. */
  otherwise?: string
}

const flag = (program: Program) => (name: string, rule: Rule) => ({ program, flag: name, rule })
const [api, manager, scheduler, etcd] = [
  flag('kube-apiserver'),
  flag('kube-controller-manager'),
  flag('kube-scheduler'),
  flag('etcd'),
]
const kubelet = (path: string, rule: Rule) => ({ config: 'kubelet' as const, path, rule })
const closed = (path: string, mode: number) => ({ path, mode })
const roots = (path: string) => ({ path, owner: 'root:root' })
const optional = (look: { path: string }) => ({ ...look, optional: true as const })

const master = (item: string, ...looks: readonly Look[]): Expectation => ({ item, of: 'control planes', looks })
const node = (item: string, ...looks: readonly Look[]): Expectation => ({ item, of: 'nodes', looks })

/** Stands for the folder that etcd's arguments name: the audit texts take it from there. */
export const etcdData = '(etcd --data-dir)'

const manifests = '/etc/kubernetes/manifests'
const unit = '/etc/systemd/system/kubelet.service'
const etcdKeys = ['/etc/kubernetes/pki/etcd/server.key', '/etc/kubernetes/pki/etcd/peer.key']
const oneUnit =
  'The text looks at kubeadm’s drop-in 10-kubeadm.conf; the kubelet’s unit is one file here and there is no drop-in.'

export const scored: readonly Expectation[] = [
  master('1.1.1', closed(`${manifests}/kube-apiserver.yaml`, 0o600)),
  master('1.1.2', roots(`${manifests}/kube-apiserver.yaml`)),
  master('1.1.3', closed(`${manifests}/kube-controller-manager.yaml`, 0o600)),
  master('1.1.4', roots(`${manifests}/kube-controller-manager.yaml`)),
  master('1.1.5', closed(`${manifests}/kube-scheduler.yaml`, 0o600)),
  master('1.1.6', roots(`${manifests}/kube-scheduler.yaml`)),
  master('1.1.7', closed(`${manifests}/etcd.yaml`, 0o600)),
  master('1.1.8', roots(`${manifests}/etcd.yaml`)),
  master('1.1.11', etcd('data-dir', 'set'), closed(etcdData, 0o700)),
  master('1.1.12', { path: etcdData, owner: 'etcd:etcd' }),
  master(
    '1.1.13',
    closed('/etc/kubernetes/admin.conf', 0o600),
    optional(closed('/etc/kubernetes/super-admin.conf', 0o600)),
  ),
  master('1.1.14', roots('/etc/kubernetes/admin.conf'), optional(roots('/etc/kubernetes/super-admin.conf'))),
  master('1.1.15', closed('/etc/kubernetes/scheduler.conf', 0o600)),
  master('1.1.16', roots('/etc/kubernetes/scheduler.conf')),
  master('1.1.17', closed('/etc/kubernetes/controller-manager.conf', 0o600)),
  master('1.1.18', roots('/etc/kubernetes/controller-manager.conf')),
  {
    ...master(
      '1.1.19',
      roots('/etc/kubernetes/pki'),
      { ...roots('/etc/kubernetes/pki/'), but: etcdKeys },
      ...etcdKeys.map((path) => ({ path, owner: 'etcd:etcd', mode: 0o600 })),
    ),
    otherwise:
      'The text wants every key to be root’s; etcd runs as the user that 1.1.12 asks for, and reads two of them.',
  },

  master('1.2.2', api('token-auth-file', 'absent')),
  master('1.2.4', api('kubelet-client-certificate', 'file'), api('kubelet-client-key', 'file')),
  master('1.2.5', api('kubelet-certificate-authority', 'file')),
  master('1.2.6', api('authorization-mode', 'set'), api('authorization-mode', { lacks: 'AlwaysAllow' })),
  master('1.2.7', api('authorization-mode', { has: 'Node' })),
  master('1.2.8', api('authorization-mode', { has: 'RBAC' })),
  master('1.2.10', api('enable-admission-plugins', { lacks: 'AlwaysAdmit' })),
  master('1.2.12', api('disable-admission-plugins', { lacks: 'ServiceAccount' })),
  master('1.2.13', api('disable-admission-plugins', { lacks: 'NamespaceLifecycle' })),
  master('1.2.14', api('enable-admission-plugins', { has: 'NodeRestriction' })),
  master('1.2.15', api('profiling', { is: 'false' })),
  master('1.2.16', api('audit-log-path', 'set')),
  master('1.2.17', api('audit-log-maxage', { atLeast: 30 })),
  master('1.2.18', api('audit-log-maxbackup', { atLeast: 10 })),
  master('1.2.19', api('audit-log-maxsize', { atLeast: 100 })),
  master('1.2.21', api('service-account-lookup', { isNot: 'false' })),
  master('1.2.22', api('service-account-key-file', 'file')),
  master('1.2.23', api('etcd-certfile', 'file'), api('etcd-keyfile', 'file')),
  master('1.2.24', api('tls-cert-file', 'file'), api('tls-private-key-file', 'file')),
  master('1.2.25', api('client-ca-file', 'file')),
  master('1.2.26', api('etcd-cafile', 'file')),
  master('1.2.30', api('service-account-extend-token-expiration', { is: 'false' })),

  master('1.3.2', manager('profiling', { is: 'false' })),
  master('1.3.3', manager('use-service-account-credentials', { is: 'true' })),
  master('1.3.4', manager('service-account-private-key-file', 'file')),
  master('1.3.5', manager('root-ca-file', 'file')),
  master('1.3.6', manager('feature-gates', { lacks: 'RotateKubeletServerCertificate=false' })),
  master('1.3.7', manager('bind-address', { is: '127.0.0.1' })),
  master('1.4.1', scheduler('profiling', { is: 'false' })),
  master('1.4.2', scheduler('bind-address', { is: '127.0.0.1' })),

  master('2.1', etcd('cert-file', 'file'), etcd('key-file', 'file')),
  master('2.2', etcd('client-cert-auth', { is: 'true' })),
  master('2.3', etcd('auto-tls', { isNot: 'true' })),
  master('2.4', etcd('peer-cert-file', 'file'), etcd('peer-key-file', 'file')),
  master('2.5', etcd('peer-client-cert-auth', { is: 'true' })),
  master('2.6', etcd('peer-auto-tls', { isNot: 'true' })),

  { ...node('4.1.1', closed(unit, 0o600)), otherwise: oneUnit },
  { ...node('4.1.2', roots(unit)), otherwise: oneUnit },
  node('4.1.5', closed('/etc/kubernetes/kubelet.conf', 0o600)),
  node('4.1.6', roots('/etc/kubernetes/kubelet.conf')),
  node('4.1.9', closed('/var/lib/kubelet/config.yaml', 0o600)),
  node('4.1.10', roots('/var/lib/kubelet/config.yaml')),
  node('4.2.1', kubelet('authentication.anonymous.enabled', { is: 'false' })),
  node('4.2.2', kubelet('authorization.mode', 'set'), kubelet('authorization.mode', { isNot: 'AlwaysAllow' })),
  node('4.2.3', kubelet('authentication.x509.clientCAFile', 'file')),
  node('4.2.6', kubelet('makeIPTablesUtilChains', { is: 'true' })),
  node('4.2.10', kubelet('rotateCertificates', { isNot: 'false' })),
  {
    ...node('4.3.1', { config: 'kube-proxy', path: 'metricsBindAddress', rule: { is: '127.0.0.1:10249' } }),
    otherwise: 'The text looks for a file of the node; kube-proxy gets its configuration from a ConfigMap.',
  },
]

/** Arguments that would override a field of the kubelet's file. */
export const overriding: Readonly<Record<string, string>> = {
  'authentication.anonymous.enabled': 'anonymous-auth',
  'authorization.mode': 'authorization-mode',
  'authentication.x509.clientCAFile': 'client-ca-file',
  makeIPTablesUtilChains: 'make-iptables-util-chains',
  rotateCertificates: 'rotate-certificates',
}
