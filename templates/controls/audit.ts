import type { Control } from '../control.ts'
import { configFile } from './layout.ts'

const core = (...resources: string[]) => ({ group: '', resources })

/** First match wins. Bodies of what holds secrets are never written; changes of permissions are written whole. */
const rules = [
  {
    level: 'None',
    users: ['system:kube-proxy', 'system:serviceaccount:kube-system:kube-proxy'],
    verbs: ['watch'],
    resources: [core('services'), { group: 'discovery.k8s.io', resources: ['endpointslices'] }, core('nodes')],
  },
  { level: 'None', userGroups: ['system:nodes'], verbs: ['get'], resources: [core('nodes', 'nodes/status')] },
  { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/openapi*'] },
  {
    level: 'None',
    users: ['system:kube-controller-manager', 'system:kube-scheduler', 'system:apiserver'],
    resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }],
  },
  { level: 'None', userGroups: ['system:nodes'], resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
  {
    level: 'Metadata',
    resources: [
      core('secrets', 'configmaps', 'serviceaccounts/token'),
      { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
    ],
  },
  {
    level: 'RequestResponse',
    resources: [
      { group: 'rbac.authorization.k8s.io' },
      { group: 'admissionregistration.k8s.io' },
      { group: 'certificates.k8s.io' },
      core('pods/exec', 'pods/attach', 'pods/portforward', 'pods/ephemeralcontainers', 'nodes/proxy'),
    ],
  },
  { level: 'Request', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
  { level: 'Metadata' },
]

export const auditLog: Control = {
  id: 'audit-log',
  title: 'Every request that matters is written to the audit log with user and groups, never with a secret’s body',
  references: [
    'CIS 1.2.16',
    'CIS 1.2.17',
    'CIS 1.2.18',
    'CIS 1.2.19',
    'CIS 3.2.1',
    'CIS 3.2.2',
    'STIG V-242402',
    'STIG V-242403',
    'STIG V-242461',
    'STIG V-242462',
    'STIG V-242463',
    'STIG V-242464',
    'STIG V-242465',
    'claim: log user and group ids',
  ],
  why: 'Without it nobody can say afterwards who did what.',
  on: ({ model }) => {
    const { maxAge, maxBackup, maxSize } = model.spec.audit
    const file = configFile('audit-policy.yaml', {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules,
    })
    return {
      args: {
        'kube-apiserver': {
          'audit-policy-file': file.path,
          'audit-log-path': model.places.auditLog,
          'audit-log-format': 'json',
          'audit-log-maxage': String(maxAge),
          'audit-log-maxbackup': String(maxBackup),
          'audit-log-maxsize': String(maxSize),
        },
      },
      files: [file],
    }
  },
  off: () => ({}),
}
