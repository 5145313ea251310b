import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { fail } from '../lib/errors.ts'
import { sha256 } from '../lib/hash.ts'

/** A new Ed25519 key pair (RFC 8032): private PKCS#8 PEM, public SPKI PEM. `openssl pkey` reads both. */
export function newKeyPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}

/** Reads a private Ed25519 key. Throws `usage` for anything else; the message never quotes the text. */
export function readPrivateKey(pem: string, where: string): KeyObject {
  return checked(() => createPrivateKey(pem), where, 'an Ed25519 private key (PKCS#8 PEM)', 'redoubt bundle keygen')
}

/** Reads a public Ed25519 key, made by `maker`. Throws `usage` for anything else, a private key too. */
export function readPublicKey(pem: string, where: string, maker = 'redoubt bundle keygen'): KeyObject {
  if (/PRIVATE KEY/.test(pem))
    fail('usage', 'this is a private key; only the public key belongs here', {
      where,
      hint: `Name the .pub file that \`${maker}\` wrote beside it.`,
    })
  return checked(() => createPublicKey(pem), where, 'an Ed25519 public key (SPKI PEM)', maker)
}

function checked(read: () => KeyObject, where: string, what: string, maker: string): KeyObject {
  let key: KeyObject | undefined
  try {
    key = read()
  } catch {
    // The parser's own message says nothing a user could act on.
  }
  if (key?.asymmetricKeyType !== 'ed25519')
    return fail('usage', `does not hold ${what}`, { where, hint: `Make a pair with \`${maker}\`.` })
  return key
}

/** SHA-256 over the public key's SPKI DER, hex: how a key is named to a person. */
export function fingerprint(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key
  return sha256(half.export({ type: 'spki', format: 'der' }))
}

/** Ed25519 signature: 64 bytes, the same for the same key and data. */
export function signBytes(data: Uint8Array, key: KeyObject): Buffer {
  return sign(null, data, key)
}

/** True when `signature` over `data` is the key's. */
export function isSigned(data: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  return verify(null, data, key, signature)
}
