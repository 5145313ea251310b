import { type HostFacts, type HostMeasured, surveyedSysctls } from '../../cluster/hosts.ts'
import { parseAddress } from '../../lib/cidr.ts'
import { fail } from '../../lib/errors.ts'
import { nonsense, readSections, type Sections, sectionLine } from '../ssh/sections.ts'
import type { NodeShell } from '../ssh/transport.ts'
import { factsScript } from './facts-script.ts'

export interface Surveyed {
  facts: HostFacts
  measured: HostMeasured
  hostname: string
  /** Whether its kernel has the file system in which programs of the kernel are kept. */
  bpf: boolean
  /** Programs that apply needs and that this host lacks. */
  missing: string[]
}

/** Asks a node for its facts. `now` is the operator's clock. Throws `failed` when it answers anything unexpected. */
export async function surveyNode(shell: NodeShell, address: string, now: () => Date, signal?: AbortSignal) {
  // A first script opens the connection, so that the clocks are compared over a short exchange.
  await shell.run('exit 0', signal ? { signal } : {})
  const before = now().getTime()
  const { stdout } = await shell.run(factsScript, signal ? { signal } : {})
  const answer = { node: shell.name, address, hostKey: await shell.hostKey(), before }
  return readFacts(stdout, answer)
}

/** What a node's answer says. `before`: the operator's clock when it was asked, in milliseconds. */
export function readFacts(
  text: string,
  asked: { node: string; address: string; hostKey: string; before: number },
): Surveyed {
  const sections = readSections(text, asked.node)
  const line = (name: string) => sectionLine(sections, name, asked.node)
  const machine = line('machine')
  const architecture = machine === 'x86_64' ? 'amd64' : machine === 'aarch64' ? 'arm64' : undefined
  const where = `node ${asked.node}`
  if (!architecture)
    return fail('failed', `has the architecture ${machine}`, { where, hint: 'Use a host with amd64 or arm64.' })
  if (line('uid') !== '0')
    fail('failed', 'the ssh user is not root', { where, hint: 'Set spec.ssh.user to root: nodes need no sudo.' })
  const link = interfaceOf(sections, asked)
  const memory = /^MemTotal:\s+(\d+) kB$/m.exec(sections.get('memory')?.join('\n') ?? '')?.[1]
  return {
    facts: {
      os: word(osName(sections), asked.node),
      architecture,
      cgroup: line('cgroup') === 'cgroup2fs' ? 'v2' : 'v1',
      systemd: number(/^systemd (\d+)/.exec(line('systemd'))?.[1], 'systemd', asked.node),
      swap: (sections.get('swaps') ?? []).length > 1,
      defaultRoute: routes(sections).some((route) => route.mask === 0 && route.target === 0),
      interface: link.name,
      mtu: link.mtu,
      canLowerOomScore: line('oom') === 'yes',
      writableSysctls: writable(sections),
      sshHostKey: asked.hostKey,
    },
    measured: {
      kernel: word(line('kernel'), asked.node),
      cpus: number(line('cpus'), 'cpus', asked.node),
      memoryMiB: Math.floor(number(memory, 'memory', asked.node) / 1024),
      ...diskFree(sections, asked.node),
      clockSkewSeconds: Math.round(number(line('time'), 'time', asked.node) - asked.before / 1000) || 0,
    },
    hostname: word(line('hostname'), asked.node),
    bpf: sections.get('bpf')?.[0] === 'yes',
    missing: sections.get('missing') ?? [],
  }
}

function osName(sections: Sections): string {
  const value = (key: string) =>
    (sections.get('os') ?? [])
      .find((line) => line.startsWith(`${key}=`))
      ?.slice(key.length + 1)
      .replaceAll('"', '') ?? ''
  return `${value('ID') || 'unknown'} ${value('VERSION_ID')}`.trim()
}

interface Route {
  link: string
  target: number
  gateway: number
  mask: number
}

/** /proc/net/route holds addresses as hexadecimal in the host's (little-endian) byte order. */
function routes(sections: Sections): Route[] {
  const hex = (text = '') => Buffer.from(text.padStart(8, '0'), 'hex').readUInt32LE()
  return (sections.get('routes') ?? []).slice(1).flatMap((line) => {
    const [link = '', target, gateway, , , , , mask] = line.trim().split(/\s+/)
    const good = [target, gateway, mask].every((field) => /^[0-9A-Fa-f]{8}$/.test(field ?? ''))
    return good ? [{ link, target: hex(target), gateway: hex(gateway), mask: hex(mask) }] : []
  })
}

/** The interface whose own network holds the node's address: the narrowest directly connected route. */
function interfaceOf(sections: Sections, asked: { node: string; address: string }): { name: string; mtu: number } {
  const address = parseAddress(asked.address) ?? 0
  const found = routes(sections)
    .filter((route) => route.gateway === 0 && route.mask !== 0 && (address & route.mask) >>> 0 === route.target)
    .sort((a, b) => b.mask - a.mask)[0]
  const mtu = (sections.get('mtu') ?? []).find((line) => line.startsWith(`${found?.link} `))?.split(' ')[1]
  if (!found || !mtu)
    return fail('failed', `no interface of this host has the network of ${asked.address}`, {
      where: `node ${asked.node}`,
      hint: 'In redoubt.yaml write the address that the host itself has: other nodes reach it there.',
    })
  return { name: found.link, mtu: number(mtu, 'mtu', asked.node) }
}

function writable(sections: Sections): Record<string, boolean> {
  const lines = new Set(sections.get('sysctls'))
  return Object.fromEntries(surveyedSysctls.map((name) => [name, lines.has(`${name} yes`)]))
}

/** The least that is free on the disks that fill up (`df -Pk`: the second column is the size, the fourth what is free, in kB). */
function diskFree(sections: Sections, node: string): { diskFreeMiB: number; diskFreePercent: number } {
  const disks = (sections.get('disk') ?? []).slice(1).map((line) => {
    const columns = line.split(/\s+/)
    return { size: number(columns[1], 'disk', node), free: number(columns[3], 'disk', node) }
  })
  const least = (values: number[]) => Math.floor(Math.min(...(values.length > 0 ? values : [0])))
  return {
    diskFreeMiB: least(disks.map(({ free }) => free / 1024)),
    diskFreePercent: least(disks.map(({ size, free }) => (size > 0 ? (free * 100) / size : 0))),
  }
}

/** What is shown to people and kept: one short line without terminal codes. */
function word(text: string, node: string): string {
  return /^[^\p{Cc}]{0,200}$/u.test(text) ? text : nonsense(text, node)
}

function number(text: string | undefined, name: string, node: string): number {
  if (text !== undefined && /^\d{1,15}(\.\d+)?$/.test(text)) return Number(text)
  return fail('failed', `answered ${JSON.stringify(text ?? '')} when asked for ${name}`, {
    where: `node ${node}`,
    hint: 'See that its shell prints nothing of its own when one logs in by ssh.',
  })
}
