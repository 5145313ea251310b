import type { Control } from '../../control.ts'
import { admissionPolicy, type Policy } from './policy.ts'

/** The one group that may be bound to cluster-admin: the operators', whose certificates apply uses. */
export const adminGroup = 'kubeadm:cluster-admins'
export const mastersMessage = 'system:masters cannot be taken back and is bound to nothing'
const clusterAdminMessage = `cluster-admin is bound to the group ${adminGroup} only`

const subjects = 'has(object.subjects) ? object.subjects : []'

const policy: Policy = {
  name: 'redoubt-system-masters',
  rules: [
    {
      groups: ['rbac.authorization.k8s.io'],
      resources: ['rolebindings', 'clusterrolebindings'],
      operations: ['CREATE', 'UPDATE'],
    },
  ],
  // At its start the API server makes upstream's own binding of system:masters, if it is missing.
  conditions: [{ name: 'not-the-api-server', expression: "request.userInfo.username != 'system:apiserver'" }],
  variables: [{ name: 'subjects', expression: subjects }],
  validations: [
    {
      expression: "!variables.subjects.exists(s, s.kind == 'Group' && s.name == 'system:masters')",
      message: mastersMessage,
    },
    {
      expression: `object.roleRef.kind != 'ClusterRole' || object.roleRef.name != 'cluster-admin' || variables.subjects.all(s, s.kind == 'Group' && s.name == '${adminGroup}')`,
      message: clusterAdminMessage,
    },
  ],
}

export const systemMasters: Control = {
  id: 'system-masters',
  title: 'Nothing is bound to system:masters, and cluster-admin to the operators’ group only',
  references: ['CIS 5.1.1', 'CIS 5.1.7', 'claim: RBAC least privilege, ABAC not used'],
  why: 'system:masters passes every authorizer and cannot be revoked; a second cluster-admin is how a cluster is lost unnoticed.',
  on: () => ({ objects: admissionPolicy(policy, 'Deny') }),
  off: () => ({ objects: admissionPolicy(policy, 'Audit') }),
}
