import * as v from 'valibot'
import { readText } from '../lib/files.ts'
import { parseYaml } from '../lib/yaml.ts'
import { checkFile } from './check.ts'

/** What of a host the rendered settings depend on. `survey` measures it, `apply` refuses a host that is no longer so. */
const facts = v.strictObject({
  os: v.string(), // `debian 12`
  architecture: v.picklist(['amd64', 'arm64']),
  /** What /sys/fs/cgroup is: v2 alone, or v1 controllers (also where v2 is mounted beside them). */
  cgroup: v.picklist(['v1', 'v2']),
  systemd: v.number(), // major version
  swap: v.boolean(),
  defaultRoute: v.boolean(),
  /** The interface that carries the node's address, and its MTU. */
  interface: v.string(),
  mtu: v.number(),
  /** False where a process cannot lower its oom_score_adj (no CAP_SYS_RESOURCE). */
  canLowerOomScore: v.boolean(),
  /** Of the sysctls that rendering sets: can this host write it? */
  writableSysctls: v.record(v.string(), v.boolean()),
  /** SHA256 fingerprint of the host's ssh key, so that a node cannot be swapped unnoticed; empty for local. */
  sshHostKey: v.string(),
})

/** What changes from minute to minute: recorded, judged by survey, not compared. */
const measured = v.strictObject({
  kernel: v.string(),
  cpus: v.number(),
  memoryMiB: v.number(),
  diskFreeMiB: v.number(),
  clockSkewSeconds: v.number(),
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
  return checkFile(hostsSchema, yaml, 'Run `redoubt survey` again: it writes this file.')
}
