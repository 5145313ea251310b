// JSON Web Tokens (RFC 7515, 7519), as far as probes need them: read without being believed, and signed.
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'

/** Names a public key as RFC 7638 does, so that who publishes it and who signs with it agree. */
export function keyId(key: KeyObject): string {
  const { kty, crv, e, n, x, y } = publicJwk(key)
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}

/** The public half of a key as issuers publish it (RFC 7517). Throws for keys other than RSA and P-256. */
export function publicJwk(key: KeyObject): Record<string, unknown> {
  algorithm(key)
  return createPublicKey(key).export({ format: 'jwk' })
}

/** RS256 or ES256. Throws for any other key. */
export function algorithm(key: KeyObject): 'RS256' | 'ES256' {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256'
  throw new Error('expected an RSA or P-256 key')
}

/** A signed token; its header names the key. Throws for keys other than RSA and P-256. */
export function signToken(key: KeyObject, claims: Record<string, unknown>): string {
  const text = `${encode({ alg: algorithm(key), typ: 'JWT', kid: keyId(key) })}.${encode(claims)}`
  // ES256 wants both numbers bare, one after the other (RFC 7518, 3.4).
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

/** A part of a token. Throws when it is none. */
export function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
}

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
