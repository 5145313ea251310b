import type { Control } from '../control.ts'

const profiling = (value: 'true' | 'false') => ({
  'kube-apiserver': { profiling: value },
  'kube-controller-manager': { profiling: value },
  'kube-scheduler': { profiling: value },
})

export const profilingOff: Control = {
  id: 'profiling-off',
  title: 'No component serves profiling or debug flags',
  references: [
    'CIS 1.2.15',
    'CIS 1.3.2',
    'CIS 1.4.1',
    'STIG V-242409',
    'claim: private endpoints, firewall checklists',
  ],
  why: 'Profiles show memory contents and cost the process its time.',
  on: () => ({
    args: profiling('false'),
    kubelet: { enableProfilingHandler: false, enableDebugFlagsHandler: false },
  }),
  off: () => ({ args: profiling('true'), kubelet: { enableProfilingHandler: true, enableDebugFlagsHandler: true } }),
}

export const kubeletReadonlyPort: Control = {
  id: 'kubelet-readonly-port',
  title: 'Kubelets have no port without authentication',
  references: ['CIS 4.2.4', 'STIG V-242387', 'claim: private endpoints, firewall checklists'],
  why: 'Port 10255 shows every pod of the node, with its environment, to whoever reaches it.',
  on: () => ({ kubelet: { readOnlyPort: 0 } }),
  off: () => ({ kubelet: { readOnlyPort: 10255 } }),
}
