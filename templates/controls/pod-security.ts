import type { Control } from '../control.ts'
import { configFile } from './layout.ts'

/** Namespaces whose pods are not held to the restricted standard: the control plane and the network live there. */
const exemptNamespaces = ['kube-system'] as const

export const podSecurity: Control = {
  id: 'pod-security',
  title: 'Pods meet the restricted Pod Security Standard, its version pinned, unless their namespace says otherwise',
  references: ['CIS 5.2.1', 'STIG V-254800', 'claim: minimal privileges'],
  why: 'A privileged pod is root on its node.',
  on: ({ model }) => {
    const version = `v${model.minor}` // not `latest`: an upgrade must not change what is admitted unnoticed
    const file = configFile('admission.yaml', {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AdmissionConfiguration',
      plugins: [
        {
          name: 'PodSecurity',
          configuration: {
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
          },
        },
      ],
    })
    return {
      args: {
        'kube-apiserver': {
          'enable-admission-plugins': ['PodSecurity'],
          'admission-control-config-file': file.path,
        },
      },
      files: [file],
    }
  },
  off: () => ({ args: { 'kube-apiserver': { 'disable-admission-plugins': ['PodSecurity'] } } }),
}
