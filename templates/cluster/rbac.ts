import type { KubeObject } from '../../cluster/objects.ts'

const api = 'rbac.authorization.k8s.io'

interface Subject {
  kind: 'User' | 'Group' | 'ServiceAccount'
  name: string
  namespace?: string
}

/** Binds a cluster role to subjects. */
export function clusterRoleBinding(name: string, role: string, ...subjects: Subject[]): KubeObject {
  return {
    apiVersion: `${api}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: api, kind: 'ClusterRole', name: role },
    subjects: subjects.map((subject) => ({
      ...(subject.kind === 'ServiceAccount' ? {} : { apiGroup: api }),
      ...subject,
    })),
  }
}

/** The bindings that kubeadm makes too, under its names (kubeadm/app/phases). */
export function rbac(): KubeObject[] {
  return [
    // The operator's certificate carries this group: unlike system:masters it can be taken back.
    clusterRoleBinding('kubeadm:cluster-admins', 'cluster-admin', { kind: 'Group', name: 'kubeadm:cluster-admins' }),
    clusterRoleBinding('kubeadm:apiserver-kubelet-client', 'system:kubelet-api-admin', {
      kind: 'User',
      name: 'kube-apiserver-kubelet-client',
    }),
    // A kubelet may have its own client certificate renewed; nothing else is approved without a person.
    clusterRoleBinding(
      'kubeadm:node-autoapprove-certificate-rotation',
      'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
      { kind: 'Group', name: 'system:nodes' },
    ),
  ]
}
