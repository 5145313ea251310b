import { ports } from '../../../cluster/components.ts'
import type { Authority, Env } from '../env.ts'
import type { Check } from '../probe.ts'

/** A TLS port of the cluster, and whose certificate it must show. */
export interface Target {
  /** `https://10.77.0.11:6443` */
  where: string
  node: string
  host: string
  port: number
  trust: Authority
}

/** The API server of each control plane, past any load balancer: each of them must hold. */
export function apiServers({ model }: Env): Target[] {
  return model.controlPlanes.map((node) => target(node, model.endpoint.port, 'server-ca'))
}

export function kubelets({ model }: Env): Target[] {
  return model.nodes.map((node) => target(node, ports.kubelet, 'kubelet-serving-ca'))
}

/** etcd's client port, then its peer port, of each control plane. */
export function etcdClients({ model }: Env): Target[] {
  return model.controlPlanes.map((node) => target(node, ports.etcdClient, 'etcd-ca'))
}

export function etcdPeers({ model }: Env): Target[] {
  return model.controlPlanes.map((node) => target(node, ports.etcdPeer, 'etcd-ca'))
}

/** Puts a question to every place at once; the checks are in the order of the places. */
export async function askEach<T>(
  places: readonly T[],
  ask: (place: T) => Promise<Check | readonly Check[]>,
): Promise<Check[]> {
  return (await Promise.all(places.map(ask))).flat()
}

function target(node: { name: string; address: string }, port: number, trust: Authority): Target {
  return { where: `https://${node.address}:${port}`, node: node.name, host: node.address, port, trust }
}
