import type { KeyObject, X509Certificate } from 'node:crypto'
import { fail } from '../lib/errors.ts'
import { deviation } from './issue.ts'
import { kindOf } from './keys.ts'
import type { Ledger } from './ledger.ts'
import type { Certificate } from './required.ts'
import type { Store } from './store.ts'

/** A certificate to issue, and why. */
export interface Change {
  wanted: Certificate
  why: string
  /** A key that is there without its certificate, because a run was interrupted between the two: it is used. */
  key?: KeyObject
}

/** What is in `keys/` for one entry of the table. */
export interface Held {
  certificate?: X509Certificate
  key?: KeyObject
}

export interface Plan {
  changes: Change[]
  held: Map<string, Held>
}

/**
 * Compares the table with what is there and changes nothing. Throws `usage` when an authority's certificate was lost, or
 * its key while something must be issued, and `integrity` when one is not what the table says: neither can be made again
 * without breaking the cluster that trusts it.
 */
export async function planCertificates(table: Certificate[], store: Store, ledger: Ledger, now: Date): Promise<Plan> {
  const held = new Map<string, Held>()
  const changes: Change[] = []
  for (const wanted of table) {
    const found = await read(store, wanted.id)
    held.set(wanted.id, found)
    const issuer = authorityOf(wanted, table, held)
    const why = wanted.profile.authority
      ? authorityChange(wanted, found, issuer, store, ledger)
      : leafChange(wanted, found, issuer, now)
    if (!why) continue
    requireSigner(wanted, held, changes, store)
    const orphan = found.key && !fits(found) && kindOf(found.key) === wanted.key
    changes.push({ wanted, why, ...(orphan && found.key ? { key: found.key } : {}) })
  }
  return { changes, held }
}

/** Found missing before anything is written. */
function requireSigner(wanted: Certificate, held: Map<string, Held>, changes: Change[], store: Store): void {
  if (wanted.issuer === wanted.id || held.get(wanted.issuer)?.key) return
  if (changes.some((change) => change.wanted.id === wanted.issuer)) return
  fail('usage', `the key of ${wanted.issuer} is not here, and ${wanted.id} must be issued`, {
    where: store.path(`${wanted.issuer}.key`),
    hint: 'Bring it back (it may be kept offline) or restore it from a backup, then run `redoubt pki init` again.',
  })
}

async function read(store: Store, id: string): Promise<Held> {
  const certificate = await store.certificate(id)
  const key = await store.privateKey(id)
  return { ...(certificate ? { certificate } : {}), ...(key ? { key } : {}) }
}

function authorityOf(wanted: Certificate, table: Certificate[], held: Map<string, Held>) {
  const entry = table.find(({ id }) => id === wanted.issuer)
  const certificate = held.get(wanted.issuer)?.certificate
  return entry && certificate ? { subject: entry.profile.subject, certificate } : undefined
}

type Authority = ReturnType<typeof authorityOf>

function authorityChange(wanted: Certificate, found: Held, issuer: Authority, store: Store, ledger: Ledger) {
  const where = store.path(`${wanted.id}.crt`)
  if (!found.certificate) {
    if (ledger.certificates.some(({ id }) => id === wanted.id))
      fail('usage', `the certificate of ${wanted.id} is gone: the ledger says that it was issued`, {
        where,
        hint: 'Restore it from a backup: nodes trust this certificate, a new one would not be it.',
      })
    return 'new'
  }
  const problem = issuer ? deviation(wanted, found.certificate, issuer) : 'its issuer is gone'
  if (problem) fail('integrity', `${wanted.id}: ${problem}`, { where, hint: 'Restore keys/ from a backup.' })
  if (found.key && !fits(found))
    fail('integrity', `${wanted.id}: the key does not belong to the certificate`, {
      where: store.path(`${wanted.id}.key`),
      hint: 'Restore keys/ from a backup.',
    })
  return undefined
}

function leafChange(wanted: Certificate, found: Held, issuer: Authority, now: Date): string | undefined {
  if (!found.certificate) return 'new'
  if (!found.key) return 'its key was gone'
  if (!fits(found)) return 'its key was newer'
  const problem = issuer ? deviation(wanted, found.certificate, issuer) : 'its authority is new'
  if (problem) return problem
  return dueForRenewal(found.certificate, now) ? 'under a third of its lifetime was left' : undefined
}

/** True in the last third of a certificate's life. */
function dueForRenewal(certificate: X509Certificate, now: Date): boolean {
  const start = certificate.validFromDate.getTime()
  const end = certificate.validToDate.getTime()
  return end - now.getTime() < (end - start) / 3
}

function fits({ certificate, key }: Held): boolean {
  return certificate !== undefined && key !== undefined && certificate.checkPrivateKey(key)
}
