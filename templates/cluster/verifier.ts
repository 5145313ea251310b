import type { KubeObject } from '../../cluster/objects.ts'

/** Where probes create what they need; the verifier may write nowhere else. Without labels: cluster defaults hold in it. */
export const verifierNamespace = 'redoubt-verify'
/** The user in the verifier's short-lived certificate, and the group that its rights are bound to. */
export const verifierUser = 'redoubt:verifier'
export const verifierGroup = 'redoubt:verifiers'

const rbac = 'rbac.authorization.k8s.io'
const subjects = [{ apiGroup: rbac, kind: 'Group', name: verifierGroup }]

/**
 * The rights of `redoubt verify`: to look at nodes, pods and the settings that components show; to try the paths that must not
 * exist; and to create pods, services, accounts and Secrets in a namespace of its own. Not one Secret elsewhere.
 */
export function verifier(): KubeObject[] {
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: verifierUser },
      rules: [
        {
          apiGroups: [''],
          resources: ['nodes', 'pods', 'namespaces', 'resourcequotas', 'limitranges', 'serviceaccounts'],
          verbs: ['get', 'list'],
        },
        { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['get', 'list'] },
        {
          apiGroups: ['rbac.authorization.k8s.io'],
          resources: ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
          verbs: ['get', 'list'],
        },
        { apiGroups: [''], resources: ['nodes/configz', 'nodes/healthz'], verbs: ['get'] },
        {
          apiGroups: ['admissionregistration.k8s.io'],
          resources: ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
          verbs: ['get', 'list'],
        },
        { apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'], verbs: ['get', 'list'] },
        { nonResourceURLs: ['/metrics', '/debug/pprof/', '/debug/flags/v'], verbs: ['get'] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: verifierUser },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: verifierUser },
      subjects,
    },
    ...inNamespace(verifierNamespace, [
      {
        apiGroups: [''],
        resources: ['pods', 'services', 'serviceaccounts', 'secrets', 'events'],
        verbs: ['get', 'list', 'create', 'delete', 'deletecollection'],
      },
      { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
      { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] },
      // To be refused: a Service's status with an address.
      { apiGroups: [''], resources: ['services/status'], verbs: ['patch'] },
      // A right given and taken back. Without escalate and bind it can only pass on what this very role holds.
      { apiGroups: [rbac], resources: ['roles', 'rolebindings'], verbs: ['create', 'delete', 'deletecollection'] },
    ]),
    ...inNamespace('kube-system', [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['kube-proxy'], verbs: ['get'] },
    ]),
  ]
}

function inNamespace(namespace: string, rules: readonly object[]): KubeObject[] {
  const metadata = { name: verifierUser, namespace }
  return [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: verifierUser },
      subjects,
    },
  ]
}
