import type { NodeFile } from '../../cluster/files.ts'
import type { HostFacts } from '../../cluster/hosts.ts'
import { textFile } from './file.ts'

/** What the kubelet demands (kubelet/pkg/util/sysctl), and what pod traffic needs. */
const wanted = {
  'kernel.panic': 10,
  'kernel.panic_on_oops': 1,
  'vm.overcommit_memory': 1,
  'vm.panic_on_oom': 0,
  'net.ipv4.ip_forward': 1,
  'net.bridge.bridge-nf-call-iptables': 1,
} as const
type Sysctl = keyof typeof wanted

/** The sysctls that this host lets us set, and to what. */
export function kernelSettings(host: HostFacts): Partial<Record<Sysctl, number>> {
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => writable(host, name)))
}

export function sysctls(host: HostFacts): NodeFile[] {
  const lines = Object.entries(kernelSettings(host)).map(([name, value]) => `${name} = ${value}`)
  return lines.length === 0
    ? []
    : [textFile('/etc/sysctl.d/90-redoubt.conf', `${lines.join('\n')}\n`, { mode: 0o644, restarts: ['sysctl'] })]
}

/** True when the kubelet may refuse to start on other kernel settings: only where we could set all of them. */
export function kernelDefaultsHeld(host: HostFacts): boolean {
  const names = ['kernel.panic', 'kernel.panic_on_oops', 'vm.overcommit_memory', 'vm.panic_on_oom'] as const
  return names.every((name) => writable(host, name))
}

export function writable(host: HostFacts, name: string): boolean {
  return host.writableSysctls[name] === true
}
