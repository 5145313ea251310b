import type { Provider } from '../../cluster/components.ts'
import type { HostFacts, Hosts } from '../../cluster/hosts.ts'
import type { NodeSpec } from '../../cluster/spec.ts'
import type { Surveyed } from './facts.ts'

/** Something that cannot work on a node, and what to do about it. */
export interface Problem {
  node: string
  problem: string
  remedy: string
}

const limits = {
  clockSkewSeconds: 60,
  diskFreeMiB: 5 * 1024,
  /** Below it the kubelet reports DiskPressure and takes no pods (imagefs.available, kubelet's defaults of evictionHard). */
  diskFreePercent: 15,
  /** kubeadm's own least for a control plane (kubeadm/app/constants: ControlPlaneMem), and what a kubelet with pods needs. */
  memoryMiB: { 'control-plane': 1700, worker: 512 },
  systemd: 247,
  /** Of provider cilium: before it, memory of programs in the kernel is counted by a limit of processes that containers may not raise. */
  kernel: [5, 11],
} as const

/** What of a surveyed host cannot work. `architecture` is that of the bundle, when there is a lock; `provider` makes the pod network. */
export function judgeHost(
  node: NodeSpec,
  { facts, measured, hostname, missing, bpf }: Surveyed,
  architecture?: string,
  provider: Provider = 'routes',
): Problem[] {
  const least = limits.memoryMiB[node.role]
  const skew = measured.clockSkewSeconds
  const checks: [boolean, string, string][] = [
    [
      architecture !== undefined && facts.architecture !== architecture,
      `has the architecture ${facts.architecture}, the bundle is for ${architecture}`,
      `Use an ${architecture} host, or build the bundle for ${facts.architecture}.`,
    ],
    [
      Math.abs(skew) > limits.clockSkewSeconds,
      `its clock is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} this host's; ${limits.clockSkewSeconds} s is the most`,
      'Set the clocks: certificates are not valid yet or no longer on a host whose clock is wrong.',
    ],
    [
      measured.diskFreeMiB < limits.diskFreeMiB || measured.diskFreePercent < limits.diskFreePercent,
      `has ${measured.diskFreeMiB} MiB (${measured.diskFreePercent} %) free below / or /var/lib; ${limits.diskFreeMiB} MiB are the least, and its kubelet takes no pods below ${limits.diskFreePercent} %`,
      'Free some space or give it a larger disk.',
    ],
    [
      measured.memoryMiB < least,
      `has ${measured.memoryMiB} MiB of memory; a ${node.role} needs ${least} MiB`,
      'Give it more memory.',
    ],
    [
      hostname.toLowerCase() !== node.name,
      `calls itself ${hostname}: its kubelet would register under that name`,
      `Run \`hostnamectl set-hostname ${node.name}\` on it, or name it ${hostname} in redoubt.yaml.`,
    ],
    [missing.length > 0, `lacks ${missing.join(', ')}`, 'Install what is missing from the system’s own medium.'],
    [
      facts.systemd < limits.systemd,
      `runs systemd ${facts.systemd}; ${limits.systemd} is the least`,
      'Use a newer system, such as Debian 12.',
    ],
    [
      provider === 'cilium' && !isKernel(measured.kernel, limits.kernel),
      `runs Linux ${measured.kernel}; provider cilium needs ${limits.kernel.join('.')} at least`,
      'Use a newer system, such as Debian 12, or spec.network.provider routes.',
    ],
    [
      provider === 'cilium' && !bpf,
      'has a kernel without the bpf file system, which provider cilium needs',
      'Use a kernel with CONFIG_BPF_SYSCALL, or spec.network.provider routes.',
    ],
  ]
  return checks.filter(([bad]) => bad).map(([, problem, remedy]) => ({ node: node.name, problem, remedy }))
}

/** Whether `uname -r` names this version or a newer one. */
function isKernel(release: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, patch = 0] = release.split('.').map((word) => Number.parseInt(word, 10))
  return ours > major || (ours === major && patch >= minor)
}

/** `cp1: swap false -> true`, for each fact that is not as it was. */
function compareFacts(node: string, before: HostFacts, after: HostFacts): string[] {
  const flat = (facts: HostFacts): Record<string, unknown> => {
    const { writableSysctls, ...rest } = facts
    return { ...rest, ...writableSysctls }
  }
  const [old, now] = [flat(before), flat(after)]
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((key) => old[key] !== now[key])
    .map((key) => `${node}: ${key} ${old[key] ?? 'unknown'} -> ${now[key] ?? 'unknown'}`)
}

/** Facts that nothing rendered depends on (every address is given): apply tells of a change and goes on. */
const toldOnly: readonly (keyof HostFacts)[] = ['defaultRoute']

/**
 * What apply must refuse: facts that rendering relied on and that no longer hold; and what it tells. A sysctl that has become writable
 * (a module was loaded since) breaks nothing.
 */
export function brokenFacts(node: string, surveyed: HostFacts, now: HostFacts): { refused: string[]; told: string[] } {
  const kept = Object.fromEntries(
    Object.entries(now.writableSysctls).map(([name, value]) => [
      name,
      value && (surveyed.writableSysctls[name] ?? value),
    ]),
  )
  const changes = compareFacts(node, surveyed, { ...now, writableSysctls: kept })
  const isTold = (change: string) => toldOnly.some((fact) => change.startsWith(`${node}: ${fact} `))
  return { refused: changes.filter((change) => !isTold(change)), told: changes.filter(isTold) }
}

/** What a survey says beside the last one: changed facts, nodes that came and went. */
export function compareHosts(before: Hosts['hosts'], after: Hosts['hosts']): string[] {
  return [
    ...Object.entries(after).flatMap(([name, { facts }]) => {
      const old = before[name]
      return old ? compareFacts(name, old.facts, facts) : [`${name}: new`]
    }),
    ...Object.keys(before)
      .filter((name) => !after[name])
      .map((name) => `${name}: no longer in redoubt.yaml`),
  ]
}
