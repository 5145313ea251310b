// Keys: their kinds, how certificates name them, and how they are made. All by node:crypto.
import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyChoice } from '../cluster/spec-shape.ts'
import { type Der, nothing, oid, sequence } from '../lib/der.ts'

export type KeyKind = 'P-256' | 'P-384' | 'RSA-3072' | 'RSA-4096'

/**
 * Authorities live for years and are a step above leaves: P-384 (also of CNSA 1.0), RSA-4096. Tokens are signed with a key of the
 * leaves' kind: ES256, ES384, RS256.
 */
export const keyKinds = {
  'ecdsa-p256': { authorities: 'P-384', leaves: 'P-256' },
  'ecdsa-p384': { authorities: 'P-384', leaves: 'P-384' },
  'rsa-3072': { authorities: 'RSA-4096', leaves: 'RSA-3072' },
  'rsa-4096': { authorities: 'RSA-4096', leaves: 'RSA-4096' },
} as const satisfies Record<KeyChoice, { authorities: KeyKind; leaves: KeyKind }>

interface Algorithm {
  /** AlgorithmIdentifier of the key: RFC 5480 2.1.1, RFC 4055 1.2. */
  key(): Der
  /** AlgorithmIdentifier of what it signs: RFC 5758 3.2, RFC 4055 5. */
  signature(): Der
  hash: string
}

const curve = (id: string, hash: string, signature: string): Algorithm => ({
  key: () => sequence(oid('1.2.840.10045.2.1'), oid(id)),
  signature: () => sequence(oid(signature)),
  hash,
})
/** PKCS#1 v1.5 with SHA-384: every program that checks certificates takes it, unlike PSS. */
const rsa: Algorithm = {
  key: () => sequence(oid('1.2.840.113549.1.1.1'), nothing()),
  signature: () => sequence(oid('1.2.840.113549.1.1.12'), nothing()),
  hash: 'sha384',
}

const algorithms: Record<KeyKind, Algorithm> = {
  'P-256': curve('1.2.840.10045.3.1.7', 'sha256', '1.2.840.10045.4.3.2'),
  'P-384': curve('1.3.132.0.34', 'sha384', '1.2.840.10045.4.3.3'),
  'RSA-3072': rsa,
  'RSA-4096': rsa,
}
const namedCurves: Record<string, KeyKind> = { prime256v1: 'P-256', secp384r1: 'P-384' }

/** Undefined for a key that no certificate of ours has. */
export function kindOf(key: KeyObject): KeyKind | undefined {
  const { namedCurve = '', modulusLength } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ec') return namedCurves[namedCurve]
  const kind = `RSA-${modulusLength}`
  return key.asymmetricKeyType === 'rsa' && (kind === 'RSA-3072' || kind === 'RSA-4096') ? kind : undefined
}

/** Throws for a key of another kind. */
export function algorithmOf(key: KeyObject): Algorithm {
  const kind = kindOf(key)
  if (!kind) throw new Error(`a ${key.asymmetricKeyType} key cannot be used here: expected P-256, P-384 or RSA`)
  return algorithms[kind]
}

/** True for keys that encipher, which an elliptic curve's do not. */
export function enciphers(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa'
}

/** The bits of subjectPublicKey: an uncompressed point (SEC 1 2.3.3), or an RSAPublicKey (RFC 8017 A.1.1). */
export function publicBits(publicKey: KeyObject): Buffer {
  if (publicKey.asymmetricKeyType === 'rsa') return publicKey.export({ type: 'pkcs1', format: 'der' })
  const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string }
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}

const generate = promisify(generateKeyPair)

/** A new private key, made on a thread of its own: RSA takes a third of a second and more. */
export async function generateKey(kind: KeyKind): Promise<KeyObject> {
  if (kind === 'P-256' || kind === 'P-384') return (await generate('ec', { namedCurve: kind })).privateKey
  return (await generate('rsa', { modulusLength: Number(kind.slice(4)), publicExponent: 65537 })).privateKey
}
