// The parts of the spec that name servers outside of the cluster: the identity provider and the sink of audit events.
import * as v from 'valibot'

/** A file of the workspace, relative to it. */
const file = v.pipe(
  v.string(),
  v.regex(
    /^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\p{Cc}\u2028\u2029]+$/u,
    (issue) => `${JSON.stringify(issue.received)} is no path inside the workspace`,
  ),
)

/** An https URL without credentials, query and fragment, written as URLs are compared: letter by letter. */
const url = v.pipe(
  v.string(),
  v.check(isPlainUrl, (issue) => `${JSON.stringify(issue.input)} is no URL like https://id.example.internal/realm`),
)

function isPlainUrl(text: string): boolean {
  if (!/^https:\/\/[^\s\p{Cc}?#@\\]+$/u.test(text) || !URL.canParse(text)) return false
  const { href } = new URL(text)
  return href === text || href === `${text}/`
}

/** What may stand in a CEL string and in a list of claims: no quote, no backslash. */
const word = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, (issue) => `${JSON.stringify(issue.received)} is no plain word`),
)
const prefix = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}[:/#-]$/,
    (issue) => `${JSON.stringify(issue.received)}: a prefix is a word that ends in : / # or -, like oidc:`,
  ),
  v.check(
    (text) => !/^(system|kubeadm|redoubt):/.test(text),
    (issue) => `${issue.input} is the prefix of names that the cluster itself gives rights to`,
  ),
)
const mapping = (claim: string) =>
  v.optional(v.strictObject({ claim: v.optional(word, claim), prefix: v.optional(prefix, 'oidc:') }), {})

export const oidcSchema = v.strictObject({
  /** What tokens say in `iss`. The API server asks ISSUER/.well-known/openid-configuration. */
  issuer: url,
  audiences: v.pipe(v.array(word), v.minLength(1, 'names no audience')),
  /** PEM of the authorities that the issuer's certificate must chain to; no others are believed. */
  ca: file,
  username: mapping('sub'),
  groups: mapping('groups'),
  /** One of these must stand in a token's `amr` (RFC 8176): how the user was recognised. */
  amr: v.optional(v.pipe(v.array(word), v.minLength(1, 'names no method')), ['mfa']),
  /** The longest time from `iat` to `exp`, in seconds. */
  maxLifetime: v.optional(v.pipe(v.number(), v.integer(), v.minValue(60), v.maxValue(86_400)), 3600),
  /** A private key by which a test issuer signs, never a real one's: with it verify signs tokens of its own. */
  testKey: v.optional(file),
})

export const auditWebhookSchema = v.strictObject({
  /** Where batches of events are posted. */
  url,
  /** PEM of the authorities that the sink's certificate must chain to. */
  ca: file,
  /** URL below which the sink tells whether it holds an event: GET READBACK/AUDIT-ID answers 200 with that id. */
  readback: v.optional(url),
})
