import { type BinaryName, binaryPaths, carried, type ImageName, type Provider } from '../../cluster/components.ts'
import type { NodeFile, RestartTarget } from '../../cluster/files.ts'
import { binaryBlob, imagesIn, type Lock } from '../../cluster/lock.ts'
import { programFile } from './file.ts'

/** Programs that only control planes need. */
const controlPlaneOnly: readonly BinaryName[] = ['kubeadm', 'kubectl', 'etcdctl', 'etcdutl']

const restarts: Partial<Record<BinaryName, RestartTarget[]>> = { kubelet: ['kubelet'], containerd: ['containerd'] }

/** The programs of a node, from the bundle. */
export function programs(lock: Lock, role: 'control-plane' | 'worker', provider: Provider): NodeFile[] {
  return carried(Object.keys(binaryPaths) as BinaryName[], provider)
    .filter((name) => role === 'control-plane' || !controlPlaneOnly.includes(name))
    .map((name) => programFile(binaryPaths[name], binaryBlob(lock, name), { restarts: restarts[name] ?? [] }))
}

/** Images that run on control planes only. */
const controlPlaneImages: readonly ImageName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']

/** The images that a node needs. */
export function imagesOf(lock: Lock, role: 'control-plane' | 'worker'): ImageName[] {
  return imagesIn(lock).filter((name) => role === 'control-plane' || !controlPlaneImages.includes(name))
}
