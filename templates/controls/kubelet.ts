import type { Control } from '../control.ts'

export const kubeletLimits: Control = {
  id: 'kubelet-limits',
  title: 'Pods get a seccomp filter and so many processes; idle sessions end; events are counted',
  references: ['CIS 4.2.5', 'CIS 4.2.8', 'CIS 4.2.13', 'CIS 4.2.14', 'STIG V-245541', 'claim: minimal privileges'],
  why: 'A fork bomb in one pod takes its node down, and a forgotten exec session stays open for hours.',
  on: () => ({
    kubelet: { seccompDefault: true, podPidsLimit: 4096, streamingConnectionIdleTimeout: '5m0s', eventRecordQPS: 50 },
  }),
  // Upstream's defaults, and no limit of events.
  off: () => ({
    kubelet: { seccompDefault: false, podPidsLimit: -1, streamingConnectionIdleTimeout: '4h0m0s', eventRecordQPS: 0 },
  }),
}

export const kubeletHandlers: Control = {
  id: 'kubelet-handlers',
  title: 'Kubelets hand out no files of their host’s log folder',
  references: ['claim: minimal privileges'],
  why: 'The handler serves all of /var/log to whoever may read logs of nodes.',
  on: () => ({ kubelet: { enableSystemLogHandler: false } }),
  off: () => ({ kubelet: { enableSystemLogHandler: true } }),
}

export const kernelDefaults: Control = {
  id: 'kernel-defaults',
  title: 'The kernel is set as the kubelet expects it, and the kubelet keeps its packet rules',
  references: ['CIS 4.2.6', 'STIG V-242434'],
  why: 'A kernel that overcommits or panics in other ways takes pods down with it, and nobody knows why.',
  on: () => ({ kubelet: { makeIPTablesUtilChains: true } }),
  off: () => ({ kubelet: { makeIPTablesUtilChains: false } }),
}

export const kubeletRotation: Control = {
  id: 'kubelet-rotation',
  title: 'Kubelets renew their client certificate before it ends',
  references: ['CIS 4.2.10', 'CIS 4.2.11', 'CIS 1.3.6', 'claim: client certificates, rotated'],
  why: 'A certificate that nobody renews is made to live for years, or ends at night.',
  on: () => ({ kubelet: { rotateCertificates: true } }),
  off: () => ({ kubelet: { rotateCertificates: false } }),
}
