/** A Kubernetes object as rendered: written to YAML by render, sent with server-side apply by apply. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> }
  [field: string]: unknown
}

/** The kinds we render: REST resource name and whether they live in a namespace. */
export const kinds: Record<string, { resource: string; namespaced: boolean }> = {
  Namespace: { resource: 'namespaces', namespaced: false },
  Node: { resource: 'nodes', namespaced: false },
  ConfigMap: { resource: 'configmaps', namespaced: true },
  Secret: { resource: 'secrets', namespaced: true },
  ServiceAccount: { resource: 'serviceaccounts', namespaced: true },
  ResourceQuota: { resource: 'resourcequotas', namespaced: true },
  LimitRange: { resource: 'limitranges', namespaced: true },
  NetworkPolicy: { resource: 'networkpolicies', namespaced: true },
  Service: { resource: 'services', namespaced: true },
  Pod: { resource: 'pods', namespaced: true },
  DaemonSet: { resource: 'daemonsets', namespaced: true },
  Deployment: { resource: 'deployments', namespaced: true },
  Role: { resource: 'roles', namespaced: true },
  RoleBinding: { resource: 'rolebindings', namespaced: true },
  ClusterRole: { resource: 'clusterroles', namespaced: false },
  ClusterRoleBinding: { resource: 'clusterrolebindings', namespaced: false },
  ValidatingAdmissionPolicy: { resource: 'validatingadmissionpolicies', namespaced: false },
  ValidatingAdmissionPolicyBinding: { resource: 'validatingadmissionpolicybindings', namespaced: false },
}

/** The path of an object on the API server: `/api/v1/namespaces/kube-system/configmaps/coredns`. */
export function objectPath(object: KubeObject): string {
  const kind = kinds[object.kind]
  if (!kind) throw new Error(`objects.ts does not list the kind ${object.kind}`)
  const root = object.apiVersion.includes('/') ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`
  const namespace = kind.namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : ''
  return `${root}${namespace}/${kind.resource}/${object.metadata.name}`
}

/** `ConfigMap kube-system/coredns`, for people. */
export function objectName(object: KubeObject): string {
  const { name, namespace } = object.metadata
  return `${object.kind} ${namespace ? `${namespace}/` : ''}${name}`
}
