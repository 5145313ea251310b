import { type BinaryName, binaryPaths } from '../../cluster/components.ts'
import type { NodeFile, RestartTarget } from '../../cluster/files.ts'
import { binaryBlob, type Lock } from '../../cluster/lock.ts'
import { programFile } from './file.ts'

/** Programs that only control planes need. */
const controlPlaneOnly: readonly BinaryName[] = ['kubeadm', 'kubectl', 'etcdctl', 'etcdutl']

const restarts: Partial<Record<BinaryName, RestartTarget[]>> = { kubelet: ['kubelet'], containerd: ['containerd'] }

/** The programs of a node, from the bundle. */
export function programs(lock: Lock, role: 'control-plane' | 'worker'): NodeFile[] {
  return (Object.keys(binaryPaths) as BinaryName[])
    .filter((name) => role === 'control-plane' || !controlPlaneOnly.includes(name))
    .map((name) => programFile(binaryPaths[name], binaryBlob(lock, name), { restarts: restarts[name] ?? [] }))
}
