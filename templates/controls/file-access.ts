import { paths } from '../../cluster/components.ts'
import type { Control, ModeRule } from '../control.ts'

const { kubernetes, pki, kubeletData } = paths

/** What root alone may read, then what others may read but not change. The first rule that fits a file counts. */
export const closedFiles: readonly ModeRule[] = [
  { below: `${pki}/`, suffix: '.key', mode: 0o600 },
  { below: `${kubeletData}/pki/`, suffix: '.key', mode: 0o600 },
  { below: `${pki}/`, mode: 0o644 },
  { below: `${kubeletData}/pki/`, mode: 0o644 },
  { below: `${kubernetes}/`, mode: 0o600 },
  { below: `${kubeletData}/config.yaml`, mode: 0o600 },
  { below: '/etc/systemd/system/kubelet.service', mode: 0o600 },
  { below: `${paths.cniConfig}/`, mode: 0o600 },
  { below: paths.containerdConfig, mode: 0o600 },
]

/** What is often found open: manifests, kubeconfigs, the kubelet's files. Never keys. */
const opened: readonly ModeRule[] = [
  { below: `${paths.manifests}/`, mode: 0o644 },
  { below: `${kubernetes}/`, suffix: '.conf', mode: 0o644 },
  { below: `${kubeletData}/config.yaml`, mode: 0o644 },
  { below: '/etc/systemd/system/kubelet.service', mode: 0o644 },
]

export const fileAccess: Control = {
  id: 'file-access',
  title: 'Manifests, kubeconfigs, keys and configuration belong to root, and nobody else reads what is secret',
  references: [
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21].map((n) => `CIS 1.1.${n}`),
    ...[1, 2, 5, 6, 7, 8, 9, 10].map((n) => `CIS 4.1.${n}`),
    ...[405, 406, 407, 408, 444, 446, 449, 450, 451, 452, 453, 456, 457, 459, 460, 466, 467].map(
      (n) => `STIG V-242${n}`,
    ),
    'claim: minimal privileges',
  ],
  why: 'Whoever can read a kubeconfig is who it names; whoever can write a manifest is root on the node.',
  on: () => ({ modes: closedFiles }),
  off: () => ({ modes: opened }),
}
