import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../lib/errors.ts'
import { run } from '../../lib/exec.ts'
import { disableIpv6 } from './network.ts'
import { labNetwork } from './table.ts'

// A network namespace on the bridge that has an Ethernet address and no IP address: whatever is routed to it is counted by the kernel and
// dropped for want of a route. Its port floods nothing and learns nothing, so that only frames for its own address arrive: no ARP, no
// broadcast, no multicast. The hosts find it by a fixed neighbour entry. So each count is a packet that a host meant for elsewhere.
const namespace = 'redoubt-sinkhole'
const port = 'redoubt-sink'
const gateway = '10.77.0.254'
const mac = '02:00:0a:4d:00:fe'
/** An address of TEST-NET-2 (RFC 5737): a question to it takes the default route. */
const resolver = '198.51.100.53'

/** True while the sinkhole stands, whole: that its port floods nothing is set last. */
export function sinkholeIsUp(): boolean {
  try {
    return readFileSync(`/sys/class/net/${port}/brport/broadcast_flood`, 'latin1').trim() === '0'
  } catch {
    return false
  }
}

/** Makes the sinkhole, its count at 0, or leaves the one that stands. */
export async function makeSinkhole(): Promise<void> {
  if (sinkholeIsUp()) return
  await removeSinkhole()
  await run(['ip', 'netns', 'add', namespace])
  await run(['ip', '-netns', namespace, '-batch', '-'], {
    input: `link add sink0 address ${mac} type veth peer name ${port}\nlink set ${port} netns 1\nlink set sink0 up\n`,
  })
  await run(['ip', 'netns', 'exec', namespace, 'sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward'])
  // This end is the machine's own, which would greet its neighbours over IPv6: each greeting would count.
  await disableIpv6(port)
  await run(['ip', 'link', 'set', port, 'master', labNetwork.bridge, 'up'])
  await run(['bridge', 'fdb', 'replace', mac, 'dev', port, 'master', 'static'])
  const quiet = ['learning', 'off', 'flood', 'off', 'mcast_flood', 'off']
  await run(['bridge', 'link', 'set', 'dev', port, ...quiet])
  await run(['bridge', 'link', 'set', 'dev', port, 'bcast_flood', 'off'])
}

/** Removes the sinkhole and what a killed one left. */
export async function removeSinkhole(): Promise<void> {
  if (existsSync(`/sys/class/net/${port}`)) await run(['ip', 'link', 'del', port])
  if (existsSync(`/run/netns/${namespace}`)) await run(['ip', 'netns', 'del', namespace])
}

/** Gives a running host the route and resolver that lead to the sinkhole, or takes them away. */
export async function pointHost(leader: number, root: string, up: boolean): Promise<void> {
  const lines = up
    ? [
        `neigh replace ${gateway} lladdr ${mac} dev host0 nud permanent`,
        `route replace default via ${gateway} dev host0`,
      ]
    : [`route flush exact default via ${gateway}`, `neigh flush to ${gateway} nud permanent`]
  await run(['nsenter', '-t', String(leader), '-n', 'ip', '-batch', '-'], { input: `${lines.join('\n')}\n` })
  await writeFile(join(root, 'etc/resolv.conf'), up ? `nameserver ${resolver}\n` : '')
}

/** How many IP packets of the hosts went to the sinkhole since it was made. Throws `failed` when there is none. */
export async function sinkholeCount(): Promise<number> {
  if (!sinkholeIsUp()) fail('failed', 'there is no sinkhole', { hint: 'Make it: redoubt lab sinkhole up' })
  const counters = await run(['ip', 'netns', 'exec', namespace, 'cat', '/proc/net/snmp', '/proc/net/snmp6'])
  return readCounters(counters.stdout)
}

/** IPv4 and IPv6 packets received, from the text of /proc/net/snmp and /proc/net/snmp6 (RFC 4293: ipIfStatsInReceives). */
export function readCounters(text: string): number {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('Ip: '))
    .map((line) => line.split(' '))
  const v4 = Number(values[names.indexOf('InReceives')])
  const v6 = Number(/^Ip6InReceives\s+(\d+)/m.exec(text)?.[1] ?? 0)
  return Number.isInteger(v4) ? v4 + v6 : fail('internal', '/proc/net/snmp has no Ip InReceives')
}
