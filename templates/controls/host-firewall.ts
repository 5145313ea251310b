import { paths } from '../../cluster/components.ts'
import type { NodeFile } from '../../cluster/files.ts'
import type { Model, NodeModel } from '../../cluster/model.ts'
import { openPorts, tunnelPort } from '../../cluster/port-matrix.ts'
import type { Control, Site } from '../control.ts'
import { textFile } from '../node/file.ts'
import { writeUnit } from '../node/unit.ts'

/** One transaction: there is no moment without the table, and none with two. */
const removed = 'table inet redoubt\ndelete table inet redoubt\n'

/**
 * What reaches the node itself; what is forwarded to pods is no matter of this table. Refused rather than dropped: whoever asks in
 * vain is told so at once, as by a port that nobody listens on. Without DHCP and neighbour discovery a host may lose its address.
 * Protocols by nft's own words for them: a minimal host has no /etc/protocols, which is where it finds others.
 */
function ruleset(open: readonly number[], tunnel: string): string {
  return `${removed}table inet redoubt {
  chain input {
    type filter hook input priority filter; policy accept;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iifname "lo" accept
    meta l4proto { icmp, icmpv6 } accept
    udp sport 67 udp dport 68 accept
    udp sport 547 udp dport 546 accept
    tcp dport { ${open.join(', ')} } accept
${tunnel}    meta l4proto tcp reject with tcp reset
    reject
  }
}
`
}

/** Packets between pods of two nodes, from the other nodes alone. */
function tunnelRule(model: Model, node: NodeModel): string {
  const port = tunnelPort(model)
  const peers = model.nodes.filter(({ name }) => name !== node.name).map(({ address }) => address)
  if (port === undefined || peers.length === 0) return ''
  return `    ip saddr { ${peers.join(', ')} } udp dport ${port} accept\n`
}

/** Before the network is up; after Debian's own unit, which empties every table when it is enabled. */
const unit = writeUnit({
  Unit: [
    ['Description', 'Firewall: the ports of the matrix and no others'],
    ['DefaultDependencies', 'no'],
    ['After', 'local-fs.target systemd-modules-load.service nftables.service'],
    ['Before', 'network-pre.target kubelet.service'],
    ['Wants', 'network-pre.target'],
    ['Conflicts', 'shutdown.target'],
  ],
  Service: [
    ['Type', 'oneshot'],
    ['RemainAfterExit', 'yes'],
    ['ExecStart', `/usr/sbin/nft -f ${paths.firewall}`],
  ],
  Install: [['WantedBy', 'multi-user.target']],
})

function filesOf({ model }: Site, rules: (node: NodeModel) => string): Record<string, readonly NodeFile[]> {
  return Object.fromEntries(
    model.nodes.map((node) => [
      node.name,
      [
        textFile(paths.firewall, rules(node), { restarts: ['firewall'] }),
        textFile('/etc/systemd/system/redoubt-firewall.service', unit, { restarts: ['units', 'firewall'] }),
      ],
    ]),
  )
}

export const hostFirewall: Control = {
  id: 'host-firewall',
  title: 'Each node’s firewall lets in the ports of the matrix and refuses all others',
  references: [
    'STIG V-242410',
    'STIG V-242411',
    'STIG V-242412',
    'STIG V-242413',
    'claim: private endpoints, firewall checklists',
  ],
  why: 'What somebody starts on a node tomorrow would be open to the network the moment it listens.',
  on: (site) => ({
    nodeFiles: filesOf(site, (node) => ruleset(openPorts(site.model, node.role), tunnelRule(site.model, node))),
  }),
  off: (site) => ({ nodeFiles: filesOf(site, () => removed) }),
}
