import { paths } from '../../cluster/components.ts'
import type { NodeFile } from '../../cluster/files.ts'
import type { Model, NodeModel } from '../../cluster/model.ts'
import { textFile } from './file.ts'
import { writeUnit } from './unit.ts'

const bridge = 'cni0'

/**
 * The pod network. Of provider `routes`: a bridge per node, and a route to every other node's pods. Of `cilium`: what its agent, which
 * makes the network, finds on the node.
 */
export function network(model: Model, node: NodeModel): NodeFile[] {
  if (model.network.provider === 'cilium') return [routesUnit([...bpf, ...refusals(model)])]
  return [cni(node), ...routes(model, node)]
}

/** A bpf file system that does not end with the agent. */
const bpf = [
  `mkdir -p ${paths.bpf}`,
  `sh -c 'mountpoint -q ${paths.bpf} || mount -t bpf -o mode=0700 bpf ${paths.bpf}'`,
]

/**
 * What is meant for the cluster's own networks and has nowhere to go is refused, not sent to the default gateway. The agent's routes are
 * narrower than the first. What the node itself sends to a Service is translated after it is routed: it may use the main table; what
 * pods send is translated before.
 */
function refusals({ network }: Model): string[] {
  return [
    `ip route replace unreachable ${network.podCIDR} metric ${priority}`,
    `-ip rule del priority ${priority - 1}`,
    `ip rule add iif lo to ${network.serviceCIDR} priority ${priority - 1} lookup main`,
    `-ip rule del priority ${priority}`,
    `ip rule add to ${network.serviceCIDR} priority ${priority} unreachable`,
  ]
}

function cni(node: NodeModel): NodeFile {
  const config = {
    cniVersion: '1.0.0',
    name: 'redoubt',
    plugins: [
      {
        type: 'bridge',
        bridge,
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

/** Of the rule: in front of the main table (32766), ip-rule(8). Of the route: behind one that a lone node may have to the same network. */
const priority = 1000

/**
 * A unit that sets the routes; however often it runs, the result is the same. What is meant for the cluster's own networks and has
 * nowhere to go is refused here, not sent to the default gateway: addresses of no pod, and those of Services as long as kube-proxy has
 * not set its rules (it translates what comes from pods before it is routed, so that only untranslated packets meet the rule).
 */
function routes({ nodes, network }: Model, node: NodeModel): NodeFile[] {
  const peers = nodes.filter((peer) => peer.name !== node.name)
  const refuse = `iif ${bridge} to ${network.serviceCIDR} priority ${priority} unreachable`
  const commands = [
    ...peers.map((peer) => `ip route replace ${peer.podCIDR} via ${peer.address}`),
    `ip route replace unreachable ${network.podCIDR} metric ${priority}`,
    `-ip rule del priority ${priority}`,
    `ip rule add ${refuse}`,
  ]
  return [routesUnit(commands)]
}

function routesUnit(commands: readonly string[]): NodeFile {
  const unit = {
    Unit: [
      ['Description', 'Routes of the pod network'],
      ['After', 'network.target'],
      ['Before', 'kubelet.service'],
      // The network may come up later than systemd thinks: try for as long as it takes.
      ['StartLimitIntervalSec', '0'],
    ],
    Service: [
      ['Type', 'oneshot'],
      ['RemainAfterExit', 'yes'],
      ...commands.map((command) => ['ExecStart', command] as const),
      ['Restart', 'on-failure'],
      ['RestartSec', '1'],
    ],
    Install: [['WantedBy', 'multi-user.target']],
  } as const
  return textFile('/etc/systemd/system/redoubt-routes.service', writeUnit(unit), { restarts: ['units', 'routes'] })
}
