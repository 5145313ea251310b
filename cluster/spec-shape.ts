import * as v from 'valibot'

/** What keys a cluster's certificates have: `spec.pki.keys`. docs/pki.md says what each means. */
export const keyChoices = ['ecdsa-p256', 'ecdsa-p384', 'rsa-3072', 'rsa-4096'] as const
export type KeyChoice = (typeof keyChoices)[number]

/** Chosen once, before the first `pki init`. */
export const pkiSchema = v.optional(v.strictObject({ keys: v.optional(v.picklist(keyChoices), 'ecdsa-p256') }), {})

/** Without the right to open ports below 1024 the API server could not listen there. */
export const apiServerSchema = v.optional(
  v.strictObject({
    port: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.minValue(1024, 'the API server has no right to ports below 1024: put a balancer in front for those'),
        v.maxValue(65535),
      ),
      6443,
    ),
  }),
  {},
)

/** A folder of a node: nothing in it that a shell, a list of words or a manifest could take for something else. */
const folder = v.pipe(
  v.string(),
  v.maxLength(200),
  v.regex(
    /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/,
    'expected a path like /srv/etcd: letters, digits, dots, hyphens, no / at the end',
  ),
)

/** Where etcd keeps its data: the folder is etcd's alone. */
export const etcdSchema = v.optional(v.strictObject({ dataDir: v.optional(folder, '/var/lib/etcd') }), {})
/** Where API servers write the audit log. */
export const logDirSchema = v.optional(folder, '/var/log/kubernetes/audit')
