import { anyGiven, type Conflict, type Facts, given, inFile, items } from './rule.ts'

const component = 'kube-apiserver'
const mode = { component, flag: 'authorization-mode' } as const
const options = 'K pkg/kubeapiserver/options/authorization.go, Validate'

const modes = (facts: Facts) => items(facts.args[component]['authorization-mode'])
const lacks = (facts: Facts, wanted: string) =>
  modes(facts).length > 0 && !modes(facts).includes(wanted) && !modes(facts).includes('AlwaysAllow')

/** How the API server decides who may. */
export const authorization: readonly Conflict[] = [
  {
    id: 'authorization-file-and-mode',
    title: 'Authorizers are named by a file and by a flag',
    settings: [{ component, flag: 'authorization-config' }, mode],
    why: 'the API server does not start when both are given',
    source: options,
    remedy: 'Take --authorization-config out: Node and RBAC need no file.',
    stops: true,
    applies: (facts) => given(facts, component, 'authorization-config') && modes(facts).length > 0,
  },
  {
    id: 'authorization-file-and-webhook',
    title: 'A webhook authorizer is configured by a file and by flags',
    settings: [
      { component, flag: 'authorization-config' },
      { component, flag: 'authorization-webhook-*' },
    ],
    why: 'the API server does not start when both are given',
    source: options,
    remedy: 'Say everything in the file.',
    stops: true,
    applies: (facts) =>
      given(facts, component, 'authorization-config') && anyGiven(facts, component, 'authorization-webhook-*'),
  },
  {
    id: 'webhook-mode-and-file',
    title: 'The webhook authorizer and its kubeconfig go together',
    settings: [mode, { component, flag: 'authorization-webhook-config-file' }],
    why: 'the API server does not start with only one of the two',
    source: options,
    remedy: 'Set both, or neither.',
    stops: true,
    applies: (facts) =>
      !given(facts, component, 'authorization-config') &&
      modes(facts).includes('Webhook') !== given(facts, component, 'authorization-webhook-config-file'),
  },
  {
    id: 'abac-mode-and-file',
    title: 'The ABAC authorizer and its policy go together',
    settings: [mode, { component, flag: 'authorization-policy-file' }],
    why: 'the API server does not start with only one of the two',
    source: options,
    remedy: 'Take both out: RBAC decides here.',
    stops: true,
    applies: (facts) =>
      !given(facts, component, 'authorization-config') &&
      modes(facts).includes('ABAC') !== given(facts, component, 'authorization-policy-file'),
  },
  {
    id: 'authorization-mode-twice',
    title: 'An authorizer is named twice',
    settings: [mode, { object: 'the same mode again' }],
    why: 'the API server does not start when a mode is repeated',
    source: options,
    remedy: 'Name each mode once.',
    stops: true,
    applies: (facts) => new Set(modes(facts)).size < modes(facts).length,
  },
  {
    id: 'always-allow-and-anonymous',
    title: 'AlwaysAllow beside anonymous requests',
    settings: [mode, { file: 'authentication.yaml', field: 'anonymous.enabled' }],
    why: 'whoever reaches the port is cluster-admin; with the flag upstream switches anonymous off without a word',
    source: 'K pkg/kubeapiserver/options/authentication.go, ApplyAuthorization',
    remedy: 'Take AlwaysAllow out of the modes.',
    stops: false,
    excusedBy: 'authorization-rbac',
    applies: (facts) =>
      modes(facts).includes('AlwaysAllow') &&
      (facts.args[component]['anonymous-auth'] === 'true' ||
        inFile(facts, facts.args[component]['authentication-config'], 'anonymous', 'enabled') === true),
  },
  {
    id: 'kubelets-without-node-authorizer',
    title: 'Kubelets have no rights without the node authorizer',
    settings: [mode, { object: 'the group system:nodes, which no ClusterRoleBinding names' }],
    why: 'kubelets may not register or read their pods: no node becomes Ready',
    source: 'K plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go',
    remedy: 'Keep Node among the modes.',
    stops: true,
    applies: (facts) => lacks(facts, 'Node'),
  },
  {
    id: 'components-without-rbac',
    title: 'The control plane has no rights without RBAC',
    settings: [mode, { object: 'the ClusterRoles of the controller manager and the scheduler' }],
    why: 'controllers and scheduler are refused everything: nothing is scheduled, no account gets a token',
    source: 'K plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go',
    remedy: 'Keep RBAC among the modes.',
    stops: true,
    applies: (facts) => lacks(facts, 'RBAC'),
  },
]
