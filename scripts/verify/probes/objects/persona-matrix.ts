// What a persona may and may not in a namespace where it has its role, each `VERB RESOURCE[.GROUP][/SUBRESOURCE]`.
import type { Persona } from '../../../../cluster/spec-access.ts'

interface Rights {
  may: readonly string[]
  mayNot: readonly string[]
}

/** Nobody's: whoever had one of them would soon have all. */
export const nobodys = [
  'escalate roles.rbac.authorization.k8s.io',
  'bind roles.rbac.authorization.k8s.io',
  'impersonate serviceaccounts',
  'create serviceaccounts/token',
  'create pods/ephemeralcontainers',
  'update resourcequotas/status',
] as const

export const personaMatrix: Record<Persona, Rights> = {
  'platform-admin': {
    may: [
      'delete pods',
      'create pods/eviction',
      'get pods/log',
      'update resourcequotas',
      'patch networkpolicies.networking.k8s.io',
    ],
    mayNot: [
      'get secrets',
      'create pods',
      'create pods/exec',
      'create deployments.apps',
      'create rolebindings.rbac.authorization.k8s.io',
    ],
  },
  'security-auditor': {
    may: [
      'list pods',
      'list rolebindings.rbac.authorization.k8s.io',
      'list networkpolicies.networking.k8s.io',
      'get resourcequotas',
    ],
    mayNot: [
      'get secrets',
      'list secrets',
      'delete pods',
      'get pods/log',
      'create pods/exec',
      'patch rolebindings.rbac.authorization.k8s.io',
    ],
  },
  operator: {
    may: [
      'get secrets',
      'create pods/exec',
      'create rolebindings.rbac.authorization.k8s.io',
      'create deployments.apps',
      'update networkpolicies.networking.k8s.io',
    ],
    mayNot: ['update resourcequotas', 'delete limitranges', 'deletecollection secrets'],
  },
  developer: {
    may: ['create deployments.apps', 'create pods', 'get pods/log', 'create secrets', 'patch configmaps'],
    mayNot: [
      'get secrets',
      'list secrets',
      'patch secrets',
      'create pods/exec',
      'create rolebindings.rbac.authorization.k8s.io',
      'delete networkpolicies.networking.k8s.io',
    ],
  },
  viewer: {
    may: ['list pods', 'get deployments.apps', 'list events', 'get configmaps'],
    mayNot: [
      'get secrets',
      'get pods/log',
      'create pods',
      'delete pods',
      'patch configmaps',
      'list roles.rbac.authorization.k8s.io',
    ],
  },
}

/** As personaMatrix, on the whole cluster, for those who act there. */
export const clusterMatrix: Partial<Record<Persona, Rights>> = {
  'platform-admin': {
    may: ['patch nodes', 'create namespaces', 'list clusterroles.rbac.authorization.k8s.io'],
    mayNot: [
      'get secrets',
      'create pods',
      'get nodes/proxy',
      'impersonate users',
      'impersonate groups',
      'create clusterrolebindings.rbac.authorization.k8s.io',
      'escalate clusterroles.rbac.authorization.k8s.io',
      'bind clusterroles.rbac.authorization.k8s.io',
      'update certificatesigningrequests.certificates.k8s.io/approval',
      'create mutatingwebhookconfigurations.admissionregistration.k8s.io',
      'delete validatingadmissionpolicybindings.admissionregistration.k8s.io',
    ],
  },
  'security-auditor': {
    may: [
      'list nodes',
      'list clusterrolebindings.rbac.authorization.k8s.io',
      'list validatingadmissionpolicies.admissionregistration.k8s.io',
    ],
    mayNot: [
      'get secrets',
      'create pods',
      'get nodes/proxy',
      'patch nodes',
      'impersonate users',
      'create clusterrolebindings.rbac.authorization.k8s.io',
    ],
  },
}
