import * as v from 'valibot'
import { readText } from '../lib/files.ts'
import { parseYaml } from '../lib/yaml.ts'
import { checkFile } from './check.ts'

/** What a host said of itself: shown, so without line breaks and terminal codes. */
const word = v.pipe(v.string(), v.regex(/^[^\p{Cc}]{0,200}$/u, 'expected a short line without control characters'))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))

/** What of a host the rendered settings depend on. `survey` measures it, `apply` refuses a host that is no longer so. */
const facts = v.strictObject({
  os: word, // `debian 12`
  architecture: v.picklist(['amd64', 'arm64']),
  /** What /sys/fs/cgroup is: v2 alone, or v1 controllers (also where v2 is mounted beside them). */
  cgroup: v.picklist(['v1', 'v2']),
  systemd: count, // major version
  swap: v.boolean(),
  defaultRoute: v.boolean(),
  /** The interface that carries the node's address, and its MTU. */
  interface: v.pipe(v.string(), v.regex(/^[^\s/\p{Cc}]{1,15}$/u, 'expected the name of an interface')),
  mtu: v.pipe(v.number(), v.integer(), v.minValue(576), v.maxValue(65536)),
  /** False where a process cannot lower its oom_score_adj (no CAP_SYS_RESOURCE). */
  canLowerOomScore: v.boolean(),
  /** Of the sysctls that rendering sets: can this host write it? */
  writableSysctls: v.record(v.string(), v.boolean()),
  /** SHA256 fingerprint of the host's ssh key, so that a node cannot be swapped unnoticed; empty for local. */
  sshHostKey: v.pipe(
    v.string(),
    v.regex(/^(SHA256:[A-Za-z0-9+/]{43})?$/, 'expected a fingerprint as `ssh-keygen -l` shows it, or nothing'),
  ),
})

/** What changes from minute to minute: recorded, judged by survey, not compared. */
const measured = v.strictObject({
  kernel: word,
  cpus: count,
  memoryMiB: count,
  diskFreeMiB: count,
  diskFreePercent: count,
  clockSkewSeconds: v.pipe(v.number(), v.integer()),
})

const hostsSchema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('Hosts'),
  hosts: v.record(v.string(), v.strictObject({ facts, measured })),
})

export type Hosts = v.InferOutput<typeof hostsSchema>
export type HostFacts = v.InferOutput<typeof facts>
export type HostMeasured = v.InferOutput<typeof measured>

/** The sysctls that rendering may set; survey reports which of them a host can write. */
export const surveyedSysctls = [
  'kernel.panic',
  'kernel.panic_on_oops',
  'vm.overcommit_memory',
  'vm.panic_on_oom',
  'net.ipv4.ip_forward',
  'net.netfilter.nf_conntrack_max',
  'net.bridge.bridge-nf-call-iptables',
] as const

/** Reads and checks `hosts.yaml`. Throws `usage` with file:line. */
export async function loadHosts(path: string): Promise<Hosts> {
  const yaml = parseYaml(await readText(path, 'Run `redoubt survey` first.'), path)
  const found = checkFile(hostsSchema, yaml, 'Run `redoubt survey` again: it writes this file.')
  return { ...found, hosts: withoutPrototype(found.hosts) }
}

/** The same entries in an object that has no others: a node may be called `constructor`. */
export function withoutPrototype<T>(entries: Record<string, T>): Record<string, T> {
  return Object.assign(Object.create(null), entries)
}
