import { paths, ports } from '../../cluster/components.ts'
import type { SystemUser } from '../../cluster/files.ts'
import { imageReference } from '../../cluster/lock.ts'
import type { NodeModel } from '../../cluster/model.ts'
import type { Args, Site } from '../control.ts'
import { trustPaths } from './control-plane-files.ts'
import type { StaticPod } from './static-pod.ts'

const pki = `${paths.pki}/etcd`

/** What any etcd member needs. The member list is static: all members start at once, and keep it from then on. */
export function etcdArgs({ model }: Site, node: NodeModel): Args {
  const client = `https://${node.address}:${ports.etcdClient}`
  const peer = (other: NodeModel) => `https://${other.address}:${ports.etcdPeer}`
  return {
    name: node.name,
    'data-dir': model.places.etcdData,
    'advertise-client-urls': client,
    'listen-client-urls': `https://127.0.0.1:${ports.etcdClient},${client}`,
    'initial-advertise-peer-urls': peer(node),
    'listen-peer-urls': peer(node),
    'listen-metrics-urls': `http://127.0.0.1:${ports.etcdMetrics}`,
    'initial-cluster': model.controlPlanes.map((other) => `${other.name}=${peer(other)}`).join(','),
    'initial-cluster-state': 'new',
    'initial-cluster-token': model.name,
    'cert-file': `${pki}/server.crt`,
    'key-file': `${pki}/server.key`,
    'peer-cert-file': `${pki}/peer.crt`,
    'peer-key-file': `${pki}/peer.key`,
    'watch-progress-notify-interval': '5s',
  }
}

export function etcdPod(
  { model, lock }: Site,
  node: NodeModel,
  args: string[],
  user: SystemUser | undefined,
): StaticPod {
  const probe = (path: string) => ({ path, port: ports.etcdMetrics, host: '127.0.0.1', scheme: 'HTTP' as const })
  return {
    name: 'etcd',
    image: imageReference(lock, 'etcd'),
    args,
    user,
    cpu: '100m',
    memory: '100Mi',
    annotations: { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': `https://${node.address}:${ports.etcdClient}` },
    inputs: [trustPaths.etcd], // certificates are read again at every handshake, the trust never
    mounts: [
      { name: 'etcd-data', path: model.places.etcdData, readOnly: false },
      { name: 'etcd-certs', path: pki, readOnly: true },
    ],
    startup: probe('/readyz'),
    liveness: probe('/livez'),
    readiness: probe('/readyz'),
  }
}
