// Identities of minutes, for the verifier and its probes. They live in memory and in the audit log; the ledger does not list them.
import type { KeyObject, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { KeyChoice } from '../cluster/spec-shape.ts'
import { fail } from '../lib/errors.ts'
import { type AuthorityId, authorities } from './certificates.ts'
import { type Issuer, issue, privatePem } from './issue.ts'
import { generateKey, keyKinds } from './keys.ts'
import { loadLedger } from './ledger.ts'
import { authoritySubject } from './required.ts'
import { openStore } from './store.ts'
import { type Profile, toPem } from './x509.ts'

export interface ClientRequest {
  keysFolder: string
  /** Of the bearer, by identityKey: one may serve many, since RSA keys take long to make. */
  key: KeyObject
  /** An authority that may sign clients. */
  issuer: AuthorityId
  user: string
  groups: readonly string[]
  /** At most a day. */
  minutes: number
  now: Date
}

/** PEM of the leaf, then its issuer; and of the private key. */
export interface ClientIdentity {
  cert: string
  key: string
}

const day = 24 * 60

/** A key for short-lived identities, of the kind that leaves have. */
export function identityKey(keys: KeyChoice): Promise<KeyObject> {
  return generateKey(keyKinds[keys].leaves)
}

/** A client certificate of the cluster, as apply and verify need it. Throws `usage` when the authority's key is not here. */
export async function issueClient(request: ClientRequest): Promise<ClientIdentity> {
  const { issuer, certificate } = await loadIssuer(request)
  return identity(request, issuer, certificate)
}

/** For probes: one that ended an hour before `now`. */
export async function issueExpiredClient(request: ClientRequest): Promise<ClientIdentity> {
  const { issuer, certificate } = await loadIssuer(request)
  const then = new Date(request.now.getTime() - (request.minutes + 60) * 60_000)
  return identity({ ...request, now: then }, issuer, certificate)
}

/** For probes: one by a throw-away authority that has the name of the real one and another key. */
export async function issueForeignClient(request: ClientRequest): Promise<ClientIdentity> {
  const { cluster } = await loadLedger(join(request.keysFolder, 'ledger.json'))
  const subject = authoritySubject(cluster, request.issuer)
  const key = await generateKey('P-384') // of any kind: it is foreign either way
  const profile: Profile = { subject, usages: ['client'], sans: [], authority: { pathLength: 0 } }
  const certificate = issue({ profile, key, issuer: undefined, now: request.now, minutes: day })
  return identity(request, { subject, certificate, key }, certificate)
}

function identity(request: ClientRequest, issuer: Issuer, authority: X509Certificate): ClientIdentity {
  const { user, groups, minutes, key, now } = request
  if (groups.includes('system:masters'))
    fail('usage', 'no short-lived certificate is issued for system:masters', {
      hint: 'Bind a role to the user instead.',
    })
  if (!user || !(minutes > 0 && minutes <= day)) fail('usage', `a user and 1 to ${day} minutes are needed`)
  const certificate = issue({
    profile: {
      subject: { commonName: user, organizations: [...groups] },
      usages: ['client'],
      sans: [`URI:spiffe://${issuer.subject.organizations[0]}/short-lived/${encodeURIComponent(user)}`],
    },
    key,
    issuer,
    now,
    minutes,
  })
  return { cert: toPem(certificate.raw) + toPem(authority.raw), key: privatePem(key) }
}

async function loadIssuer({ keysFolder, issuer: id }: ClientRequest) {
  const store = openStore(keysFolder)
  const { cluster } = await loadLedger(store.path('ledger.json'))
  const usages: readonly string[] = authorities.find((entry) => entry.id === id)?.usages ?? []
  if (!usages.includes('client')) fail('usage', `${id} signs no clients`)
  const certificate = await store.certificate(id)
  const key = await store.privateKey(id)
  if (!certificate || !key)
    return fail('usage', `the ${certificate ? 'key' : 'certificate'} of ${id} is not here`, {
      where: store.path(`${id}.${certificate ? 'key' : 'crt'}`),
      hint: 'Run `redoubt pki init`, or bring the file back.',
    })
  if (!certificate.checkPrivateKey(key))
    fail('integrity', `${id}: the key does not belong to the certificate`, { where: store.path(`${id}.key`) })
  return { issuer: { subject: authoritySubject(cluster, id), certificate, key }, certificate }
}
