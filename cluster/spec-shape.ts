import * as v from 'valibot'

/** What keys a cluster's certificates have: `spec.pki.keys`. docs/pki.md says what each means. */
export const keyChoices = ['ecdsa-p256', 'ecdsa-p384', 'rsa-3072', 'rsa-4096'] as const
export type KeyChoice = (typeof keyChoices)[number]

/** Chosen once, before the first `pki init`. */
export const pkiSchema = v.optional(v.strictObject({ keys: v.optional(v.picklist(keyChoices), 'ecdsa-p256') }), {})
