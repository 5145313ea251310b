import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { parseAddress } from '../lib/cidr.ts'
import {
  bitString,
  boolean,
  type Der,
  encode,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8,
} from '../lib/der.ts'
import { algorithmOf, enciphers, publicBits } from './keys.ts'

export type Usage = 'server' | 'client'

export interface Subject {
  commonName: string
  organizations: string[]
}

/** What a certificate says, apart from key, serial and time. */
export interface Profile {
  subject: Subject
  /** Extended key usages; of an authority those that it may pass on, none for no restriction. */
  usages: Usage[]
  /** `DNS:name`, `IP:1.2.3.4`, `URI:scheme://...` */
  sans: string[]
  /** Set on an authority; without pathLength the chain below it is not limited. */
  authority?: { pathLength?: number }
}

export interface Statement {
  profile: Profile
  publicKey: KeyObject
  issuer: { subject: Subject; publicKey: KeyObject }
  /** Unsigned, big-endian. */
  serial: Uint8Array
  notBefore: Date
  notAfter: Date
}

const usageOids: Record<Usage, string> = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' }

/** A positive serial of 126 random bits (RFC 5280 4.1.2.2 and the CA/Browser Forum ask for 64), always 16 bytes. */
export function randomSerial(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes
}

/** Signs a statement with the issuer's key. Returns the certificate, DER. */
export function signStatement(statement: Statement, issuerKey: KeyObject): Buffer {
  const tbs = toBeSigned(statement)
  const signature = sign(algorithmOf(issuerKey).hash, encode(tbs), issuerKey)
  return encode(sequence(tbs, algorithmOf(issuerKey).signature(), bitString(signature)))
}

/** True when the certificate (DER) says exactly this statement, to the byte; its signature is not looked at. */
export function saysExactly(certificate: Buffer, statement: Statement): boolean {
  // What is signed follows the two to four bytes that announce the whole.
  const at = certificate.indexOf(encode(toBeSigned(statement)))
  return at >= 2 && at <= 4
}

/** Key identifier of RFC 7093 2, method 1: the first 160 bits of SHA-256 of the public key's bits. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha256').update(publicBits(publicKey)).digest().subarray(0, 20)
}

/** PEM with lines of 64 characters. */
export function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** TBSCertificate, RFC 5280 4.1. */
function toBeSigned({ profile, publicKey, issuer, serial, notBefore, notAfter }: Statement): Der {
  return sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(serial),
    algorithmOf(issuer.publicKey).signature(),
    name(issuer.subject),
    sequence(time(notBefore), time(notAfter)),
    name(profile.subject),
    sequence(algorithmOf(publicKey).key(), bitString(publicBits(publicKey))),
    explicit(3, sequence(...extensions(profile, publicKey, issuer.publicKey))),
  )
}

function extensions(profile: Profile, publicKey: KeyObject, issuerKey: KeyObject): Der[] {
  const { authority, usages, sans } = profile
  const limit = authority?.pathLength
  return [
    extension(
      '2.5.29.19',
      true,
      authority ? sequence(boolean(true), ...(limit === undefined ? [] : [integer(Buffer.of(limit))])) : sequence(),
    ),
    extension('2.5.29.15', true, keyUsage(authority !== undefined, publicKey)),
    ...(usages.length > 0
      ? [extension('2.5.29.37', false, sequence(...usages.map((usage) => oid(usageOids[usage]))))]
      : []),
    extension('2.5.29.14', false, octetString(keyIdentifier(publicKey))),
    extension('2.5.29.35', false, sequence(implicit(0, keyIdentifier(issuerKey)))),
    ...(sans.length > 0 ? [extension('2.5.29.17', false, sequence(...sans.map(generalName)))] : []),
  ]
}

/** keyCertSign and cRLSign; or digitalSignature, with keyEncipherment where a key can do that (RFC 5280 4.2.1.3). */
function keyUsage(authority: boolean, publicKey: KeyObject): Der {
  if (authority) return bitString(Buffer.of(0x06), 1)
  return enciphers(publicKey) ? bitString(Buffer.of(0xa0), 5) : bitString(Buffer.of(0x80), 7)
}

function extension(id: string, critical: boolean, value: Der): Der {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(encode(value)))
}

function generalName(text: string): Der {
  const colon = text.indexOf(':')
  const value = text.slice(colon + 1)
  switch (text.slice(0, colon)) {
    case 'DNS':
      return implicit(2, Buffer.from(value, 'ascii'))
    case 'URI':
      return implicit(6, Buffer.from(value, 'ascii'))
    case 'IP': {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(parseAddress(value) ?? notAName(text))
      return implicit(7, bytes)
    }
    default:
      return notAName(text)
  }
}

function notAName(text: string): never {
  throw new Error(`${text} is no subject alternative name`)
}

function name({ commonName, organizations }: Subject): Der {
  const attribute = (id: string, value: string) => set(sequence(oid(id), utf8(value)))
  return sequence(...organizations.map((value) => attribute('2.5.4.10', value)), attribute('2.5.4.3', commonName))
}
