import type { Control } from '../control.ts'
import { configFile } from './layout.ts'

/** Namespaces whose pods are not held to the restricted standard: the control plane and the network live there. */
const exemptNamespaces = ['kube-system'] as const

export const podSecurity: Control = {
  id: 'pod-security',
  title: 'Pods meet the restricted Pod Security Standard, its version pinned, unless their namespace says otherwise',
  references: [
    'CIS 5.2.1',
    'CIS 5.2.2',
    'CIS 5.2.3',
    'CIS 5.2.4',
    'CIS 5.2.5',
    'CIS 5.2.6',
    'CIS 5.2.7',
    'CIS 5.2.8',
    'CIS 5.2.9',
    'CIS 5.2.10',
    'CIS 5.2.11',
    'CIS 5.2.12',
    'CIS 5.6.2',
    'CIS 5.6.3',
    'STIG V-242414',
    'STIG V-242437',
    'STIG V-254800',
    'STIG V-254801',
    'claim: minimal privileges',
  ],
  why: 'A privileged pod is root on its node.',
  on: ({ model }) => {
    const version = `v${model.minor}` // not `latest`: an upgrade must not change what is admitted unnoticed
    const file = configFile('pod-security.yaml', {
      apiVersion: 'pod-security.admission.config.k8s.io/v1',
      kind: 'PodSecurityConfiguration',
      defaults: {
        enforce: 'restricted',
        'enforce-version': version,
        audit: 'restricted',
        'audit-version': version,
        warn: 'restricted',
        'warn-version': version,
      },
      exemptions: { usernames: [], runtimeClasses: [], namespaces: exemptNamespaces },
    })
    return { args: { 'kube-apiserver': { 'enable-admission-plugins': ['PodSecurity'] } }, files: [file] }
  },
  off: () => ({ args: { 'kube-apiserver': { 'disable-admission-plugins': ['PodSecurity'] } } }),
}
