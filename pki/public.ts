import type { X509Certificate } from 'node:crypto'
import type { ClusterSpec } from '../cluster/spec.ts'
import { fail } from '../lib/errors.ts'
import { readText } from '../lib/files.ts'
import { deviation } from './issue.ts'
import { fingerprint, loadLedger } from './ledger.ts'
import { certificatesOf } from './required.ts'
import { secretFiles } from './secrets.ts'
import { openStore } from './store.ts'
import { type TrustName, trusts } from './trust.ts'
import { toPem } from './x509.ts'

/** A private file of `keys/` by name, hash and size, without its contents. */
export interface SecretReference {
  /** Path below `keys/`. */
  ref: string
  sha256: string
  size: number
}

/** What may be known of a PKI by everyone. Every function throws `usage` naming what is missing. */
export interface PublicPki {
  cluster: string
  /** PEM of a leaf, then of its issuer; the root is never in it. Of an authority: its own alone. */
  certificate(id: string): string
  /** PEM of one authority. */
  authority(id: string): string
  /** PEM of several authorities, one after the other. */
  bundle(ids: readonly string[]): string
  /** PEM of a trust file of pki/trust.ts. */
  trust(name: TrustName): string
  /** The private key of a certificate. */
  key(id: string): SecretReference
  /** `service-account`, `encryption`, `encryption-config` (the whole EncryptionConfiguration). */
  secret(id: string): SecretReference
  /** PEM of a public key: `service-account`. */
  publicKey(id: string): string
}

const remedy = 'Run `redoubt pki init`: it makes what is missing or out of date.'

/**
 * Reads the ledger and the certificates of `keys/`, never a private file. Throws `usage` naming the file. With a spec it also
 * throws when a certificate is missing or does not say what the spec now asks for (an endpoint that changed).
 */
export async function loadPublicPki(folder: string, spec?: ClusterSpec): Promise<PublicPki> {
  const store = openStore(folder)
  const ledger = await loadLedger(store.path('ledger.json'))
  const certificates = new Map<string, X509Certificate>()
  for (const id of new Set(ledger.certificates.map((entry) => entry.id))) {
    const certificate = await store.certificate(id)
    if (certificate) certificates.set(id, certificate)
  }
  const known = new Set(ledger.certificates.map((entry) => `${entry.id} ${entry.sha256}`))
  const publicKey = await readText(store.path('service-account.pub'), remedy)

  if (spec) requireCurrent(spec)

  function requireCurrent(current: ClusterSpec): void {
    if (ledger.cluster !== current.metadata.name)
      fail('usage', `these are the keys of the cluster ${ledger.cluster}, not of ${current.metadata.name}`, {
        where: folder,
        hint: 'Use one workspace per cluster.',
      })
    const table = certificatesOf(current)
    for (const wanted of table) {
      const issuer = table.find(({ id }) => id === wanted.issuer) ?? wanted
      const signer = { subject: issuer.profile.subject, certificate: find(issuer.id) }
      const problem = deviation(wanted, find(wanted.id), signer)
      if (problem) fail('usage', `${wanted.id}: ${problem}`, { where: store.path(`${wanted.id}.crt`), hint: remedy })
    }
  }

  function find(id: string): X509Certificate {
    const found = certificates.get(id)
    const where = store.path(`${id}.crt`)
    if (!found) return fail('usage', `there is no certificate ${id}`, { where, hint: remedy })
    if (!known.has(`${id} ${fingerprint(found)}`))
      fail('usage', `the certificate ${id} is not in the ledger`, { where, hint: remedy })
    return found
  }

  function authority(id: string): X509Certificate {
    const found = find(id)
    return found.ca ? found : fail('usage', `${id} is no authority`, { where: store.path(`${id}.crt`) })
  }

  function reference(ref: string): SecretReference {
    const file = Object.hasOwn(ledger.files, ref) ? ledger.files[ref] : undefined
    return file
      ? { ref, ...file }
      : fail('usage', `the ledger knows no ${ref}`, { where: store.path(ref), hint: remedy })
  }

  function chain(id: string): string {
    const leaf = find(id)
    if (leaf.ca) return toPem(leaf.raw)
    const issuer = [...certificates.values()].find((other) => other.ca && leaf.checkIssued(other))
    if (!issuer)
      return fail('usage', `the issuer of ${id} is not here`, { where: store.path(`${id}.crt`), hint: remedy })
    return toPem(leaf.raw) + toPem(issuer.raw)
  }

  const bundle = (ids: readonly string[]) => ids.map((id) => toPem(authority(id).raw)).join('')
  return {
    cluster: ledger.cluster,
    certificate: chain,
    authority: (id) => toPem(authority(id).raw),
    bundle,
    trust: (name) => bundle(trusts[name].authorities),
    key: (id) => reference(`${id}.key`),
    secret: (id) => {
      if (id === 'encryption-config') return reference('encryption-config.yaml')
      if (!Object.hasOwn(secretFiles, id)) fail('usage', `there is no secret ${id}`)
      return reference(secretFiles[id as keyof typeof secretFiles])
    },
    publicKey: (id) =>
      id === 'service-account' ? publicKey : fail('usage', `there is no public key ${id}`, { where: folder }),
  }
}
