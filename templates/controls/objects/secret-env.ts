import type { Control } from '../../control.ts'
import { admissionPolicy, type Policy } from './policy.ts'

export const secretEnvMessage = 'takes a Secret into its environment: mount it as a volume'

/** Of the containers in one field of a pod: none takes a Secret into its environment. */
const clean = (field: string) =>
  `!has(object.spec.${field}) || object.spec.${field}.all(c, ` +
  '(!has(c.env) || c.env.all(e, !has(e.valueFrom) || !has(e.valueFrom.secretKeyRef))) && ' +
  '(!has(c.envFrom) || c.envFrom.all(e, !has(e.secretRef))))'

const policy: Policy = {
  name: 'redoubt-secret-env',
  rules: [
    { groups: [''], resources: ['pods'], operations: ['CREATE'] },
    // An update cannot change the environment of what is there; it may add an ephemeral container.
    { groups: [''], resources: ['pods/ephemeralcontainers'], operations: ['UPDATE'] },
  ],
  validations: [
    ...['containers', 'initContainers'].map((field) => ({
      expression: `oldObject != null || ${clean(field)}`,
      message: `one of spec.${field} ${secretEnvMessage}`,
    })),
    { expression: clean('ephemeralContainers'), message: `one of spec.ephemeralContainers ${secretEnvMessage}` },
  ],
}

export const secretEnv: Control = {
  id: 'secret-env',
  title: 'Pods take Secrets as files, never into their environment',
  references: ['CIS 5.4.1', 'STIG V-242415', 'claim: secrets at rest'],
  why: 'An environment is inherited by every child process, printed by crash reports and never renewed.',
  on: () => ({ objects: admissionPolicy(policy, 'Deny') }),
  off: () => ({ objects: admissionPolicy(policy, 'Audit') }),
}
