import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { fail } from '../lib/errors.ts'
import { kindOf } from './keys.ts'
import type { Certificate } from './required.ts'
import { type Profile, randomSerial, type Subject, saysExactly, signStatement } from './x509.ts'

/** Certificates are valid from a little earlier: clocks inside differ. */
const backdateMinutes = 5

/** An authority that can sign. */
export interface Issuer {
  subject: Subject
  certificate?: X509Certificate
  key: KeyObject
}

/** PKCS#8 PEM: what every component and openssl read. */
export function privatePem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export interface IssueRequest {
  profile: Profile
  /** The new certificate's private key: an authority signs itself with it. */
  key: KeyObject
  /** Undefined: self-signed. */
  issuer: Issuer | undefined
  now: Date
  /** Minutes from now; a certificate never outlives its issuer. */
  minutes: number
}

/** Issues one certificate, in memory. Throws `failed` when the issuer has expired. */
export function issue({ profile, key, issuer, now, minutes }: IssueRequest): X509Certificate {
  const publicKey = createPublicKey(key)
  const end = issuer?.certificate?.validToDate.getTime() ?? Number.POSITIVE_INFINITY
  const notAfter = wholeSeconds(Math.min(now.getTime() + minutes * 60_000, end))
  const notBefore = wholeSeconds(now.getTime() - backdateMinutes * 60_000)
  if (notAfter <= notBefore)
    fail('failed', `${issuer?.subject.commonName} expired at ${notAfter.toISOString()} and cannot issue`)
  const statement = {
    profile,
    publicKey,
    issuer: {
      subject: issuer?.subject ?? profile.subject,
      publicKey: issuer ? createPublicKey(issuer.key) : publicKey,
    },
    serial: randomSerial(),
    notBefore,
    notAfter,
  }
  return new X509Certificate(signStatement(statement, issuer?.key ?? key))
}

/** Issues what the table asks for. */
export function issueCertificate(
  wanted: Certificate,
  key: KeyObject,
  issuer: Issuer | undefined,
  now: Date,
): X509Certificate {
  return issue({ profile: wanted.profile, key, issuer, now, minutes: wanted.days * 24 * 60 })
}

/** What is wrong with `certificate` against the table and its issuer; undefined when it says exactly what it should. */
export function deviation(
  wanted: Certificate,
  certificate: X509Certificate,
  issuer: { subject: Subject; certificate: X509Certificate },
): string | undefined {
  const { publicKey, validFromDate: notBefore, validToDate: notAfter } = certificate
  const issuerKey = issuer.certificate.publicKey
  const kind = kindOf(publicKey)
  if (kind !== wanted.key) return `its key is ${kind ?? 'of another kind'}, spec.pki.keys asks for ${wanted.key}`
  if (!certificate.verify(issuerKey)) return `it is not signed by the ${wanted.issuer} that is there`
  const lifetime = (notAfter.getTime() - notBefore.getTime()) / 60_000
  if (lifetime > wanted.days * 24 * 60 + backdateMinutes) return `it lives longer than ${wanted.days} days`
  const statement = {
    profile: wanted.profile,
    publicKey,
    issuer: { subject: issuer.subject, publicKey: issuerKey },
    serial: Buffer.from(certificate.serialNumber, 'hex'),
    notBefore,
    notAfter,
  }
  return saysExactly(certificate.raw, statement) ? undefined : difference(wanted.profile, certificate)
}

function difference({ subject, sans }: Profile, certificate: X509Certificate): string {
  const names = [...subject.organizations.map((text) => `O=${text}`), `CN=${subject.commonName}`].join('\n')
  if (certificate.subject !== names) return `its subject is ${certificate.subject.split('\n').join(', ')}`
  const found = (certificate.subjectAltName ?? '').replaceAll('IP Address:', 'IP:')
  if (found !== sans.join(', ')) return `its names are ${found || 'none'}, expected ${sans.join(', ') || 'none'}`
  return 'its usages or extensions differ from the table'
}

function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}
