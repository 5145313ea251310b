import type { KubeObject } from '../../../cluster/objects.ts'

export interface Rule {
  groups: readonly string[]
  resources: readonly string[]
  operations: readonly ('CREATE' | 'UPDATE')[]
}

export interface Policy {
  name: string
  rules: readonly Rule[]
  variables?: readonly { name: string; expression: string }[]
  /** Requests for which one of these is false are not judged. */
  conditions?: readonly { name: string; expression: string }[]
  validations: readonly { expression: string; message: string }[]
}

/**
 * A ValidatingAdmissionPolicy and its binding to the whole cluster. `Audit` lets everything pass: the policy as it looks when
 * its control is off.
 */
export function admissionPolicy(policy: Policy, action: 'Deny' | 'Audit'): KubeObject[] {
  const { name, rules, variables, conditions, validations } = policy
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: rules.map(({ groups, resources, operations }) => ({
            apiGroups: groups,
            apiVersions: ['v1'],
            operations,
            resources,
            scope: '*',
          })),
          matchPolicy: 'Equivalent',
        },
        ...(conditions ? { matchConditions: conditions } : {}),
        ...(variables ? { variables } : {}),
        validations: validations.map((validation) => ({ ...validation, reason: 'Forbidden' })),
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: [action] },
    },
  ]
}
