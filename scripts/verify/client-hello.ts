// A TLS ClientHello as bytes, for ports that only their own node can reach: sent from there by a shell, which knows no TLS.
// RFC 5246 7.4.1.2 (TLS 1.2), RFC 4346 (1.1), RFC 8422 (curves). We never go past the server's first answer.
import { randomBytes } from 'node:crypto'
import type { Handshake } from './handshake.ts'

const versions = { 'TLSv1.1': 0x0302, 'TLSv1.2': 0x0303 } as const
export type HelloVersion = keyof typeof versions

/** Cipher suites by IANA number: ECDHE and AES-CBC with SHA-1, then RSA key exchange; and ECDHE with AES-GCM. */
export const weakSuites = [0xc009, 0xc00a, 0xc013, 0xc014, 0x002f, 0x0035, 0x009c]
export const strongSuites = [0xc02b, 0xc02c, 0xc02f, 0xc030]

const u8 = (value: number) => Buffer.of(value)
const u16 = (value: number) => Buffer.of(value >> 8, value & 0xff)
const u24 = (value: number) => Buffer.of(value >> 16, (value >> 8) & 0xff, value & 0xff)
const vector16 = (content: Buffer) => Buffer.concat([u16(content.length), content])
const list16 = (values: readonly number[]) => vector16(Buffer.concat(values.map(u16)))
const extension = (type: number, content: Buffer) => Buffer.concat([u16(type), vector16(content)])

/** One record with a ClientHello that offers exactly this version at most and these suites. */
export function clientHello(version: HelloVersion, suites: readonly number[]): Buffer {
  const extensions = [
    extension(10, list16([0x0017, 0x0018, 0x001d])), // supported_groups: P-256, P-384, X25519
    extension(11, Buffer.of(1, 0)), // ec_point_formats: uncompressed
    ...(version === 'TLSv1.2' ? [extension(13, list16([0x0403, 0x0503, 0x0804, 0x0401, 0x0203, 0x0201]))] : []),
  ]
  const body = Buffer.concat([
    u16(versions[version]),
    randomBytes(32),
    u8(0), // no session
    list16(suites),
    Buffer.of(1, 0), // no compression
    vector16(Buffer.concat(extensions)),
  ])
  const message = Buffer.concat([u8(1), u24(body.length), body])
  return Buffer.concat([u8(22), u16(0x0301), vector16(message)])
}

/** What a server's first bytes mean. Anything that is neither an alert nor a ServerHello is `local`: no verdict on TLS. */
export function readAnswer(bytes: Buffer): Handshake {
  if (bytes.length === 0) return { kind: 'closed', text: 'the server closed the connection' }
  const [type, major] = bytes
  if (major !== 3 || bytes.length < 7) return { kind: 'local', text: 'the answer is no TLS record' }
  if (type === 21) return { kind: 'alert', number: bytes.readUInt8(6), text: 'to a ClientHello' }
  // Record header 5, message type and length 4, version 2, random 32, session with its length, suite 2.
  const session = 5 + 4 + 2 + 32
  if (type !== 22 || bytes[5] !== 2 || bytes.length < session + 1)
    return { kind: 'local', text: 'the answer is no ServerHello' }
  const suite = session + 1 + bytes.readUInt8(session)
  const version = bytes.readUInt16BE(9)
  const name = Object.entries(versions).find(([, number]) => number === version)?.[0]
  return {
    kind: 'accepted',
    protocol: name ?? `0x${version.toString(16)}`,
    cipher: bytes.length >= suite + 2 ? `suite 0x${bytes.readUInt16BE(suite).toString(16)}` : 'an unknown suite',
    distrust: '',
    certificate: { subject: '', issuer: '', names: '', expires: 0, sha256: '' },
    answer: '',
  }
}
