import type { ImageName } from '../../cluster/components.ts'
import type { ImageRecipe } from '../catalog.ts'

/** Programs stand where upstream's images have them, so that manifests written for those work unchanged. */
export const images: Record<ImageName, ImageRecipe> = {
  // The control plane's pods say their user themselves: it depends on who owns the keys that they read.
  'kube-apiserver': inPath('kube-apiserver'),
  'kube-controller-manager': inPath('kube-controller-manager'),
  'kube-scheduler': inPath('kube-scheduler'),
  etcd: inPath('etcd'),
  // It writes the host's packet filter through `nft`, which needs root. It reads it back by the names of protocols, of netbase's
  // /etc/protocols: without it `nft` answers with 6 for tcp, and each full sync takes away the entries of all Services.
  'kube-proxy': { ...inPath('kube-proxy'), packages: ['nftables', 'netbase'] },
  coredns: { program: 'coredns', entrypoint: ['/coredns'], user: '65532:65532' },
  pause: { program: 'pause', entrypoint: ['/pause', '-P'], user: '65535:65535' },
  agnhost: { program: 'agnhost', entrypoint: ['/agnhost'] },
  cilium: {
    program: 'usr/bin/cilium-agent',
    entrypoint: ['/usr/bin/cilium-agent'],
    programs: { 'usr/bin/cilium-dbg': 'cilium-dbg' },
    // It compiles its datapath for the node that it runs on, and masquerades with iptables. The compiler depends on headers, a linker
    // and libraries of C programs, which BPF has no use for.
    packages: ['libclang-cpp19', 'iptables'],
    alone: ['clang-19'],
    links: {
      'usr/bin/clang': 'clang-19',
      ...Object.fromEntries(
        ['iptables', 'iptables-save', 'iptables-restore', 'ip6tables', 'ip6tables-save', 'ip6tables-restore'].map(
          (name) => [`usr/sbin/${name}`, 'xtables-nft-multi'],
        ),
      ),
    },
    sources: {
      wrapper: 'cilium',
      module: 'github.com/cilium/cilium',
      folder: 'bpf',
      without: ['tests/', 'complexity-tests/'],
      path: 'var/lib/cilium/bpf',
    },
  },
  'cilium-operator': {
    program: 'usr/bin/cilium-operator-generic',
    entrypoint: ['/usr/bin/cilium-operator-generic'],
    user: '65532:65532',
  },
}

function inPath(name: string): ImageRecipe {
  return { program: `usr/local/bin/${name}`, entrypoint: [`/usr/local/bin/${name}`] }
}
