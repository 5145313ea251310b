import { type KubernetesVersion, minorOf } from '../../cluster/versions.ts'
import type { GoModule, WholeCatalog } from '../catalog.ts'
import { images } from './images.ts'
import { packages, present } from './packages.ts'

const stamp = (variable: string, value: string) => `-X ${variable}=${value}`

/**
 * A Kubernetes version and what it runs with. Only the Kubernetes programs differ from version to version: etcd and CoreDNS are for all the
 * versions that kubeadm v1.36.3 pins, newer than what kubeadm of 1.34 and 1.35 asks for at least (cmd/kubeadm/app/constants/constants.go).
 * The versions themselves stand in go/FOLDER/go.mod.
 */
export function catalogOf(kubernetes: KubernetesVersion): WholeCatalog {
  return { kubernetes, modules: { kubernetes: kubernetesModule(kubernetes), ...shared }, ...carried }
}

/** The programs of one version: their go.mod is that of Kubernetes itself, with its staging modules by version instead of by folder. */
function kubernetesModule(version: KubernetesVersion): GoModule {
  const minor = minorOf(version)
  return {
    folder: `kubernetes/v${minor}`,
    // Without these the programs call themselves v0.0.0-master, and kubeadm refuses to work with them.
    ldflags: [
      stamp('k8s.io/component-base/version.gitVersion', version),
      stamp('k8s.io/component-base/version.gitMajor', minor.split('.')[0] ?? ''),
      stamp('k8s.io/component-base/version.gitMinor', minor.split('.')[1] ?? ''),
      stamp('k8s.io/client-go/pkg/version.gitVersion', version),
    ],
  }
}

const shared: Readonly<Record<string, GoModule>> = {
  etcd: { folder: 'etcd', ldflags: [] },
  containerd: {
    folder: 'containerd',
    ldflags: [stamp('github.com/containerd/containerd/v2/version.Version', 'v2.2.0')],
  },
  coredns: { folder: 'coredns', ldflags: [] },
  'cni-plugins': {
    folder: 'cni-plugins',
    ldflags: [stamp('github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion', 'v1.9.0')],
  },
  cilium: {
    folder: 'cilium',
    ldflags: [stamp('github.com/cilium/cilium/pkg/version.ciliumVersion', '1.19.0')],
    // The operator that hands out no addresses of a cloud: those of pods are the nodes' own.
    tags: ['osusergo', 'ipam_provider_operator'],
  },
}

const carried: Omit<WholeCatalog, 'kubernetes' | 'modules'> = {
  components: {
    'kube-apiserver': kubernetesProgram('cmd/kube-apiserver'),
    'kube-controller-manager': kubernetesProgram('cmd/kube-controller-manager'),
    'kube-scheduler': kubernetesProgram('cmd/kube-scheduler'),
    'kube-proxy': kubernetesProgram('cmd/kube-proxy'),
    kubelet: kubernetesProgram('cmd/kubelet'),
    kubectl: kubernetesProgram('cmd/kubectl'),
    kubeadm: kubernetesProgram('cmd/kubeadm'),
    etcd: etcdProgram('server'),
    etcdctl: etcdProgram('etcdctl'),
    etcdutl: etcdProgram('etcdutl'),
    containerd: containerdProgram('containerd'),
    'containerd-shim-runc-v2': containerdProgram('containerd-shim-runc-v2'),
    ctr: containerdProgram('ctr'),
    runc: { kind: 'deb', package: 'runc', path: '/usr/sbin/runc' },
    'cni-bridge': cniPlugin('main/bridge'),
    'cni-host-local': cniPlugin('ipam/host-local'),
    'cni-loopback': cniPlugin('main/loopback'),
    'cni-portmap': cniPlugin('meta/portmap'),
    coredns: {
      kind: 'go',
      wrapper: 'coredns',
      module: 'github.com/coredns/coredns',
      package: 'github.com/coredns/coredns',
    },
    // Static, and with -P it does what upstream's pause does: wait, and reap what the pod's processes leave behind.
    pause: { kind: 'deb', package: 'catatonit', path: '/usr/bin/catatonit' },
    agnhost: kubernetesProgram('test/images/agnhost'),
    cilium: ciliumProgram('daemon'),
    'cilium-operator': ciliumProgram('operator'),
    'cilium-dbg': ciliumProgram('cilium-dbg'),
    'cilium-cni': ciliumProgram('plugins/cilium-cni'),
  },
  images,
  release: 'bookworm',
  packages,
  present,
}

function kubernetesProgram(path: string) {
  return {
    kind: 'go',
    wrapper: 'kubernetes',
    module: 'k8s.io/kubernetes',
    package: `k8s.io/kubernetes/${path}`,
  } as const
}

function etcdProgram(name: string) {
  const module = `go.etcd.io/etcd/${name}/v3`
  return { kind: 'go', wrapper: 'etcd', module, package: module } as const
}

function containerdProgram(name: string) {
  const module = 'github.com/containerd/containerd/v2'
  return { kind: 'go', wrapper: 'containerd', module, package: `${module}/cmd/${name}` } as const
}

function cniPlugin(path: string) {
  const module = 'github.com/containernetworking/plugins'
  return { kind: 'go', wrapper: 'cni-plugins', module, package: `${module}/plugins/${path}` } as const
}

function ciliumProgram(path: string) {
  const module = 'github.com/cilium/cilium'
  return { kind: 'go', wrapper: 'cilium', module, package: `${module}/${path}` } as const
}
