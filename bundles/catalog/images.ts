import type { ImageName } from '../../cluster/components.ts'
import type { ImageRecipe } from '../catalog.ts'

/** Programs stand where upstream's images have them, so that manifests written for those work unchanged. */
export const images: Record<ImageName, ImageRecipe> = {
  // The control plane's pods say their user themselves: it depends on who owns the keys that they read.
  'kube-apiserver': inPath('kube-apiserver'),
  'kube-controller-manager': inPath('kube-controller-manager'),
  'kube-scheduler': inPath('kube-scheduler'),
  etcd: inPath('etcd'),
  // It writes the host's packet filter through `nft`, which needs root.
  'kube-proxy': { ...inPath('kube-proxy'), packages: ['nftables'] },
  coredns: { program: 'coredns', entrypoint: ['/coredns'], user: '65532:65532' },
  pause: { program: 'pause', entrypoint: ['/pause', '-P'], user: '65535:65535' },
  agnhost: { program: 'agnhost', entrypoint: ['/agnhost'] },
}

function inPath(name: string): ImageRecipe {
  return { program: `usr/local/bin/${name}`, entrypoint: [`/usr/local/bin/${name}`] }
}
