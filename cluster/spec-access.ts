// The parts of the spec that say who shares the cluster: namespaces with their bounds, and people with their rights.
import * as v from 'valibot'
import { isQuotaName } from './bounds.ts'
import { thousandths } from './quantity.ts'

const label = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, (issue) => `${issue.received} is no DNS label`),
)

/** A quantity of Kubernetes in the one way in which the API server writes it, so that what is rendered is what is stored. */
const quantity = v.pipe(
  v.union([v.string(), v.number()], 'expected a quantity like 4, 500m or 8Gi'),
  v.transform(String),
  v.check(
    (text) => thousandths(text) !== undefined,
    (issue) => `${issue.input} is no quantity like 4, 500m or 8Gi, written as short as can be`,
  ),
)

const resource = v.pipe(
  v.string(),
  v.check(
    isQuotaName,
    (issue) => `${issue.input} is no resource of a quota, like pods, requests.cpu or count/jobs.batch`,
  ),
)
const bounds = v.optional(
  v.strictObject(v.entriesFromList(['cpu', 'memory', 'ephemeral-storage'], v.optional(quantity))),
  {},
)

/** Names that belong to the system or to redoubt itself. `default` may be named: that opens it. */
const reserved = /^(kube-.*|redoubt-.*)$/

/** A weaker Pod Security Standard, for what cannot live with the restricted one: storage, network, agents of nodes. */
const podSecurity = v.strictObject({
  level: v.picklist(['baseline', 'privileged'], 'expected baseline or privileged; without this field it is restricted'),
  reason: v.pipe(v.string(), v.minLength(10, 'say why in at least ten characters: the namespace carries it')),
})

export const namespaceSchema = v.strictObject({
  name: v.pipe(
    label,
    v.check(
      (name) => !reserved.test(name),
      (issue) => `${issue.input} is a name of the system’s or redoubt’s own namespaces`,
    ),
  ),
  /** What all pods together may use: a ResourceQuota's `hard`. Adds to the defaults, or replaces one. */
  quota: v.optional(v.record(resource, quantity), {}),
  /** What a container is given when it does not ask, and the most it may ask for: a LimitRange. Replaces defaults one by one. */
  limits: v.optional(v.strictObject({ default: bounds, defaultRequest: bounds, max: bounds }), {}),
  podSecurity: v.optional(podSecurity),
})

/** Who works with a cluster. The first two act on the whole of it, the others in namespaces. */
export const personas = ['platform-admin', 'security-auditor', 'operator', 'developer', 'viewer'] as const
export type Persona = (typeof personas)[number]
export const clusterPersonas: readonly Persona[] = ['platform-admin', 'security-auditor']

const group = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9:._@/-]{0,127}$/,
    (issue) => `${JSON.stringify(issue.received)} is no name of a group`,
  ),
  v.check(
    (name) => !/^(system|redoubt|kubeadm):/.test(name),
    (issue) => `${issue.input}: groups of the system, of kubeadm and of redoubt are bound by nobody’s wish`,
  ),
)

export const accessSchema = v.strictObject({
  persona: v.picklist(personas),
  /** Names of groups as the API server sees them: a certificate's O, or what the identity provider says, with its prefix. */
  groups: v.pipe(v.array(group), v.minLength(1, 'names no group')),
  /** Where they act: needed for operator, developer and viewer, and only for them. */
  namespaces: v.optional(v.array(label), []),
})
