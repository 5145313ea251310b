import type { X509Certificate } from 'node:crypto'
import * as v from 'valibot'
import { fail } from '../lib/errors.ts'
import { readText } from '../lib/files.ts'
import { sha256 } from '../lib/hash.ts'

const record = v.strictObject({
  id: v.string(),
  /** Upper-case hex. */
  serial: v.string(),
  subject: v.string(),
  issuer: v.string(),
  notBefore: v.pipe(v.string(), v.isoTimestamp()),
  notAfter: v.pipe(v.string(), v.isoTimestamp()),
  /** SHA-256 of the DER, lower-case hex. */
  sha256: v.string(),
  /** Generation of the authorities at the time. */
  generation: v.number(),
})

const ledgerSchema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('Ledger'),
  cluster: v.string(),
  /** Every certificate ever issued, oldest first. */
  certificates: v.array(record),
  /** The private files by their path below `keys/`, so that they can be named and compared without being read. */
  files: v.record(v.string(), v.strictObject({ sha256: v.string(), size: v.number() })),
})

export type Ledger = v.InferOutput<typeof ledgerSchema>
export type LedgerRecord = v.InferOutput<typeof record>

export function emptyLedger(cluster: string): Ledger {
  return { apiVersion: 'redoubt.dev/v1alpha1', kind: 'Ledger', cluster, certificates: [], files: {} }
}

/** Reads `keys/ledger.json`. Throws `usage` when it is not there or is no ledger. */
export async function loadLedger(path: string): Promise<Ledger> {
  const text = await readText(path, 'Run `redoubt pki init` first.')
  const details = {
    where: path,
    hint: 'Restore it from a backup, or delete it: `redoubt pki init` writes it again from the certificates that are there.',
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return fail('usage', 'is no JSON', { ...details, cause: error })
  }
  const result = v.safeParse(ledgerSchema, value)
  if (result.success) return result.output
  const issue = result.issues[0]
  const keys = (issue.path ?? []).map((item) => item.key).join('.')
  return fail('usage', keys ? `${keys}: ${issue.message}` : issue.message, details)
}

/** The ledger's text: certificates in the order of issue, files sorted by path. */
export function formatLedger(ledger: Ledger): string {
  const files = Object.fromEntries(Object.entries(ledger.files).sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${JSON.stringify({ ...ledger, files }, null, 2)}\n`
}

/** What the ledger says of a certificate. */
export function describe(id: string, certificate: X509Certificate, generation: number): LedgerRecord {
  return {
    id,
    serial: certificate.serialNumber,
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    sha256: fingerprint(certificate),
    generation,
  }
}

export function fingerprint(certificate: X509Certificate): string {
  return sha256(certificate.raw)
}

function oneLine(name: string): string {
  return name.split('\n').join(', ')
}
