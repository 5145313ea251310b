// Which ports a node opens, and to whom: the firewall is rendered from it, and probes hold the living node against it.
import { ports } from './components.ts'
import type { Model, NodeModel } from './model.ts'

/** TCP ports that a node may show to the network: the whole matrix. Those of sshd and of the API server are in redoubt.yaml. */
export function openPorts({ spec, endpoint }: Pick<Model, 'spec' | 'endpoint'>, role: NodeModel['role']): number[] {
  const all = [spec.ssh.port, ports.kubelet]
  return role === 'control-plane' ? [...all, endpoint.port, ports.etcdClient, ports.etcdPeer] : all
}

/** TCP ports that a component serves to its own node only. */
export function loopbackPorts(role: NodeModel['role']): number[] {
  const all = [ports.kubeletHealthz, ports.proxyMetrics, ports.proxyHealthz]
  return role === 'control-plane' ? [...all, ports.etcdMetrics, ports.controllerManager, ports.scheduler] : all
}

/** The UDP port that nodes open to each other, for the packets of pods. */
export function tunnelPort({ network }: Model): number | undefined {
  return network.provider === 'cilium' ? ports.vxlan : undefined
}
