import type { WantedPackage } from '../catalog.ts'

/** What Kubernetes needs of a host that a minimal Debian 12 does not have. */
export const packages: readonly WantedPackage[] = [
  { name: 'nftables', why: 'the host firewall, and to look at what kube-proxy wrote' },
  { name: 'iptables', why: 'kubelet’s own chains, the portmap plugin and the bridge plugin’s masquerading' },
  { name: 'conntrack', why: 'kubeadm’s preflight asks for it; the tool to look at connection tracking' },
  { name: 'socat', why: 'kubeadm’s preflight asks for it; port forwarding of older runtimes' },
  { name: 'ethtool', why: 'kubeadm’s preflight asks for it; link settings of bridges' },
  { name: 'kmod', why: 'modprobe of overlay and br_netfilter, by us and by containerd’s unit' },
  { name: 'procps', why: 'sysctl, to set what kubelet’s protectKernelDefaults requires' },
  { name: 'libseccomp2', why: 'runc is linked against it' },
]
// Not ipset: only kube-proxy's ipvs mode used it. Not crictl: Debian 12 has none, and ctr is carried.

/**
 * What a host surely has before we come: Debian's essential and required packages, and what makes it a host that can be reached.
 * `usr-is-merged` instead of the default `usrmerge` (with perl) is what a freshly installed host has.
 */
export const present: readonly string[] = [
  '?essential',
  '?priority(required)',
  'usr-is-merged',
  'apt',
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'iproute2',
]
