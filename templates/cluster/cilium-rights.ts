import type { KubeObject } from '../../cluster/objects.ts'
import { clusterRoleBinding } from './rbac.ts'

const rbac = 'rbac.authorization.k8s.io'
const namespace = 'kube-system'
const read = ['get', 'list', 'watch']

/** Of an agent, on every node. Cilium v1.19 install/kubernetes/cilium/templates/cilium-agent, without what we do not switch on. */
const agentRules = [
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: read },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  { apiGroups: [''], resources: ['namespaces', 'services', 'pods', 'nodes'], verbs: read },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: ['list', 'watch'] },
  {
    apiGroups: ['cilium.io'],
    resources: [
      'ciliumcidrgroups',
      'ciliumclusterwidenetworkpolicies',
      'ciliumendpoints',
      'ciliumidentities',
      'ciliumloadbalancerippools',
      'ciliumnetworkpolicies',
      'ciliumnodeconfigs',
      'ciliumnodes',
      'ciliumpodippools',
    ],
    verbs: ['list', 'watch'],
  },
  { apiGroups: ['cilium.io'], resources: ['ciliumidentities'], verbs: ['create', 'update'] },
  { apiGroups: ['cilium.io'], resources: ['ciliumendpoints'], verbs: ['create', 'delete', 'get', 'patch'] },
  { apiGroups: ['cilium.io'], resources: ['ciliumnodes'], verbs: ['create', 'get', 'update'] },
  { apiGroups: ['cilium.io'], resources: ['ciliumnodes/status'], verbs: ['get', 'update'] },
  { apiGroups: ['cilium.io'], resources: ['ciliumendpoints/status'], verbs: ['patch'] },
]

/**
 * Of the operator, which makes the resource definitions and takes away what nobody uses any more. Unlike upstream's it may change no
 * node, delete no pod, and start no DaemonSet in kube-system, which would be root on every node.
 */
const operatorRules = [
  { apiGroups: [''], resources: ['pods', 'nodes', 'namespaces', 'services'], verbs: read },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: ['create', ...read] },
  {
    apiGroups: ['apiextensions.k8s.io'],
    resources: ['customresourcedefinitions'],
    resourceNames: definitions().map((name) => `${name}.cilium.io`),
    verbs: ['update'],
  },
  {
    apiGroups: ['cilium.io'],
    resources: ['ciliumnetworkpolicies', 'ciliumclusterwidenetworkpolicies', 'ciliumcidrgroups'],
    verbs: read,
  },
  {
    apiGroups: ['cilium.io'],
    resources: ['ciliumnetworkpolicies/status', 'ciliumclusterwidenetworkpolicies/status'],
    verbs: ['patch', 'update'],
  },
  { apiGroups: ['cilium.io'], resources: ['ciliumendpoints'], verbs: ['delete', ...read] },
  { apiGroups: ['cilium.io'], resources: ['ciliumidentities'], verbs: ['delete', 'update', ...read] },
  { apiGroups: ['cilium.io'], resources: ['ciliumnodes'], verbs: ['create', 'update', 'delete', ...read] },
  { apiGroups: ['cilium.io'], resources: ['ciliumnodes/status'], verbs: ['update'] },
  { apiGroups: ['cilium.io'], resources: ['ciliumloadbalancerippools', 'ciliumpodippools'], verbs: read },
]

/** The definitions that the operator makes and brings up to date (Cilium v1.19 pkg/k8s/apis/cilium.io/client). */
function definitions(): string[] {
  return [
    'ciliumbgpadvertisements',
    'ciliumbgpclusterconfigs',
    'ciliumbgpnodeconfigoverrides',
    'ciliumbgpnodeconfigs',
    'ciliumbgppeerconfigs',
    'ciliumcidrgroups',
    'ciliumclusterwideenvoyconfigs',
    'ciliumclusterwidenetworkpolicies',
    'ciliumegressgatewaypolicies',
    'ciliumendpoints',
    'ciliumendpointslices',
    'ciliumenvoyconfigs',
    'ciliumgatewayclassconfigs',
    'ciliumidentities',
    'ciliuml2announcementpolicies',
    'ciliumloadbalancerippools',
    'ciliumlocalredirectpolicies',
    'ciliumnetworkpolicies',
    'ciliumnodeconfigs',
    'ciliumnodes',
    'ciliumpodippools',
  ]
}

/** Service accounts of agent and operator, and what they may do. */
export function ciliumRights(): KubeObject[] {
  return [
    ...account('cilium', agentRules),
    ...inKubeSystem('cilium', [
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['cilium-config'], verbs: read },
    ]),
    ...account('cilium-operator', operatorRules),
    // A lease cannot be created by name (K plugin/pkg/auth/authorizer/rbac): only its own can be taken or kept.
    ...inKubeSystem('cilium-operator', [
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['cilium-operator-resource-lock'],
        verbs: ['get', 'update'],
      },
      // It looks for what an encryption that is off may have left.
      { apiGroups: ['apps'], resources: ['daemonsets'], resourceNames: ['ztunnel-cilium'], verbs: ['get'] },
    ]),
  ]
}

function account(name: string, rules: readonly object[]): KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
    clusterRoleBinding(name, name, { kind: 'ServiceAccount', name, namespace }),
  ]
}

function inKubeSystem(name: string, rules: readonly object[]): KubeObject[] {
  const metadata = { name, namespace }
  return [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ]
}
