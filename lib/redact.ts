const secrets = new Set<string>()

/**
 * Registers a secret: from now on neither output nor errors show it. Of fewer than 8 characters it is not taken: a password `admin` would
 * blank out half of what we say, and tell by it what the password is. Register what holds it (`user:password`) beside it.
 */
export function addSecret(value: string): void {
  const trimmed = value.trim()
  if (trimmed.length >= 8) secrets.add(trimmed)
}

/**
 * A private key (RFC 7468, RFC 1421), or one whose end is missing: then as much as could be one, so that a server that writes a
 * begin cannot hide what follows.
 */
const privateKey =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[\w+/=\s\\:,-]{0,16384}?-----END [A-Z ]{0,40}PRIVATE KEY-----|[\w+/=\s\\:,-]{0,16384})/g

/** A JSON Web Token (RFC 7519), wherever it begins: in serialized text the `n` of `\n` may stand right before it. */
const token = /eyJ[\w-]{8,4096}\.[\w-]+\.[\w-]*/g

/** User and password in a URL (RFC 3986, 3.2.1), of any length. An image behind `docker://` has a digest behind its `@`. */
const userInfo = /:\/\/[^\s/?#@"'<>:]{0,256}:[^\s/?#@"'<>]{1,1024}@(?!sha256:)/g

/** The text with registered secrets and anything that looks like a private key, a bearer token or a URL's password blanked out. */
export function redact(text: string): string {
  let result = text
    .replaceAll(privateKey, '[redacted private key]')
    .replaceAll(token, '[redacted token]')
    .replaceAll(userInfo, '://[redacted]@')
  for (const secret of secrets) result = result.replaceAll(secret, '[redacted]')
  return result
}

/** A JSON value with each of its strings redacted by itself: what one of them holds cannot reach into another. Keys stay. */
export function redactAll<T>(value: T): T {
  if (typeof value === 'string') return redact(value) as T
  if (Array.isArray(value)) return value.map(redactAll) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redactAll(inner)])) as T
}
