import { paths } from '../../cluster/components.ts'
import type { NodeFile } from '../../cluster/files.ts'
import type { Model, NodeModel } from '../../cluster/model.ts'
import { textFile } from './file.ts'
import { writeUnit } from './unit.ts'

/** The pod network of provider `routes`: a bridge per node, and a route to every other node's pods. */
export function network(model: Model, node: NodeModel): NodeFile[] {
  return [cni(node), ...routes(model, node)]
}

function cni(node: NodeModel): NodeFile {
  const config = {
    cniVersion: '1.0.0',
    name: 'redoubt',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        hairpinMode: true,
        mtu: node.host.mtu,
        ipam: { type: 'host-local', ranges: [[{ subnet: node.podCIDR }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', backend: 'nftables', capabilities: { portMappings: true } },
    ],
  }
  return textFile(`${paths.cniConfig}/10-redoubt.conflist`, `${JSON.stringify(config, null, 2)}\n`)
}

/** A unit that sets the routes; `replace` makes it the same however often it runs. A cluster of one node has none. */
function routes(model: Model, node: NodeModel): NodeFile[] {
  const peers = model.nodes.filter((peer) => peer.name !== node.name)
  if (peers.length === 0) return []
  const unit = {
    Unit: [
      ['Description', 'Routes to the pods of the other nodes'],
      ['After', 'network.target'],
      ['Before', 'kubelet.service'],
      // The network may come up later than systemd thinks: try for as long as it takes.
      ['StartLimitIntervalSec', '0'],
    ],
    Service: [
      ['Type', 'oneshot'],
      ['RemainAfterExit', 'yes'],
      ...peers.map((peer) => ['ExecStart', `ip route replace ${peer.podCIDR} via ${peer.address}`] as const),
      ['Restart', 'on-failure'],
      ['RestartSec', '1'],
    ],
    Install: [['WantedBy', 'multi-user.target']],
  } as const
  return [textFile('/etc/systemd/system/redoubt-routes.service', writeUnit(unit), { restarts: ['units', 'routes'] })]
}
