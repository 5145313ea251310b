import type { Model } from '../../../cluster/model.ts'
import type { KubeObject } from '../../../cluster/objects.ts'
import { type Persona, personas } from '../../../cluster/spec-access.ts'
import { verifierNamespace } from '../../cluster/verifier.ts'
import type { Control } from '../../control.ts'
import { personaRules, type Rule } from './personas.ts'

const api = 'rbac.authorization.k8s.io'
const everything: Rule[] = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]

/** The ClusterRole of a persona. */
export function personaRole(persona: Persona): string {
  return `redoubt:${persona}`
}

/** The group that has a persona's role in the probes' namespace, and nothing elsewhere: probes ask as one of it. */
export function trialGroup(persona: Persona): string {
  return `redoubt:verify:${persona}`
}

export const personaRoles: Control = {
  id: 'persona-roles',
  title: 'Five personas have a role each, without wildcards; none reaches the rights of another',
  references: [
    'CIS 5.1.1',
    'CIS 5.1.2',
    'CIS 5.1.3',
    'CIS 5.1.4',
    'CIS 5.1.8',
    'CIS 5.1.9',
    'CIS 5.1.10',
    'CIS 5.1.11',
    'CIS 5.1.12',
    'CIS 5.1.13',
    'STIG V-274884',
    'claim: RBAC least privilege, ABAC not used',
    'claim: configuration checked before permission is granted',
  ],
  why: 'Where no role fits, people are made cluster-admin.',
  on: () => ({ objects: personas.flatMap((persona) => roleAndTrial(persona, personaRules[persona])) }),
  off: () => ({ objects: personas.flatMap((persona) => roleAndTrial(persona, everything)) }),
}

function roleAndTrial(persona: Persona, rules: readonly Rule[]): KubeObject[] {
  const name = personaRole(persona)
  return [
    { apiVersion: `${api}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
    binding(`redoubt:verify:${persona}`, persona, [trialGroup(persona)], verifierNamespace),
  ]
}

/**
 * Gives the groups of `spec.access` their persona's role. Applied last of all, and only when verify has passed for this very
 * rendering (scripts/apply/gate.ts).
 */
export function grants({ spec }: Model): KubeObject[] {
  const places = spec.access.flatMap(({ persona, groups, namespaces }) =>
    (namespaces.length > 0 ? namespaces : [undefined]).map((namespace) => ({ persona, groups, namespace })),
  )
  const byPlace = Map.groupBy(places, ({ persona, namespace }) => `${persona} ${namespace ?? ''}`)
  return [...byPlace.values()].flatMap((same) => {
    const [first] = same
    if (!first) return []
    const groups = [...new Set(same.flatMap((entry) => entry.groups))]
    return [binding(`redoubt:grant:${first.persona}`, first.persona, groups, first.namespace)]
  })
}

function binding(name: string, persona: Persona, groups: readonly string[], namespace: string | undefined): KubeObject {
  return {
    apiVersion: `${api}/v1`,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { apiGroup: api, kind: 'ClusterRole', name: personaRole(persona) },
    subjects: groups.map((group) => ({ apiGroup: api, kind: 'Group', name: group })),
  }
}
