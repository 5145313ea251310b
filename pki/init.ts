import type { KeyObject } from 'node:crypto'
import type { ClusterSpec } from '../cluster/spec.ts'
import { fail } from '../lib/errors.ts'
import { ensureFolder, exists, readText } from '../lib/files.ts'
import { sha256 } from '../lib/hash.ts'
import { withLock } from '../lib/lock.ts'
import { mapPool } from '../lib/pool.ts'
import { addSecret } from '../lib/redact.ts'
import { refuseOtherKeys } from './chosen.ts'
import { type Issuer, issueCertificate, privatePem } from './issue.ts'
import { generateKey } from './keys.ts'
import { describe, emptyLedger, fingerprint, formatLedger, type Ledger, loadLedger } from './ledger.ts'
import { type Change, type Held, planCertificates } from './plan.ts'
import { type Certificate, certificatesOf, generation } from './required.ts'
import {
  encryptionConfig,
  makeSecret,
  operatorKubeconfig,
  publicHalf,
  type SecretName,
  secretFiles,
} from './secrets.ts'
import { openStore, type Store, tidy, type Write } from './store.ts'
import { trusts } from './trust.ts'
import { toPem } from './x509.ts'

export interface InitOptions {
  spec: ClusterSpec
  /** `keys/` */
  folder: string
  now: Date
  dryRun?: boolean
  write?: Write
}

export interface InitResult {
  /** Authorities and leaves that the cluster needs. */
  authorities: number
  leaves: number
  /** Issued in this run (or to be issued, in a dry run) and why. */
  issued: { id: string; why: string }[]
  /** Other files written (or to be written) in this run. */
  files: string[]
  /** In keys/, but not needed by the nodes of the spec. */
  surplus: string[]
}

/**
 * Makes what is missing of a cluster's PKI, in an order in which a kill at any time loses nothing: a key is written before
 * its certificate, an authority before what it signs, the ledger last; the next run takes into the ledger what it finds.
 * Throws `usage` when something that cannot be made again was lost, `integrity` when it is not what it should be.
 */
export async function initPki(options: InitOptions): Promise<InitResult> {
  const { folder, dryRun } = options
  const store = openStore(folder, options.write)
  if (dryRun) return work(options, store)
  await ensureFolder(folder, 0o700)
  return withLock(store.path('.lock'), async () => {
    await tidy(store)
    return work(options, store)
  })
}

async function work({ spec, now, dryRun }: InitOptions, store: Store): Promise<InitResult> {
  const table = certificatesOf(spec)
  const before = await readLedger(store, spec.metadata.name)
  await refuseOtherKeys(spec, store)
  const { changes, held } = await planCertificates(table, store, before, now)
  const secrets = await planSecrets(store, before)
  const ledger = await adopt(table, held, store, before)
  const files: string[] = secrets.missing.map((name) => secretFiles[name])
  if (!dryRun) {
    await issueAll(changes, held, table, store, now)
    for (const { wanted } of changes) record(ledger, wanted.id, held.get(wanted.id))
    for (const name of secrets.missing) {
      const text = await makeSecret(name, spec)
      await store.writePrivate(secretFiles[name], text)
      secrets.texts[name] = text
    }
    files.push(...(await writeDerived(spec, held, secrets.texts, store)))
    await hashPrivate(ledger, store)
    if (await writeChanged(store, 'ledger.json', formatLedger(ledger), 'public')) files.push('ledger.json')
  }
  const wanted = new Set(table.map(({ id }) => id))
  const authorities = table.filter(({ profile }) => profile.authority).length
  return {
    authorities,
    leaves: table.length - authorities,
    issued: changes.map(({ wanted: { id }, why }) => ({ id, why })),
    files,
    surplus: (await certificateIds(store)).filter((id) => !wanted.has(id)),
  }
}

async function readLedger(store: Store, cluster: string): Promise<Ledger> {
  const path = store.path('ledger.json')
  const ledger = (await exists(path)) ? await loadLedger(path) : emptyLedger(cluster)
  if (ledger.cluster !== cluster)
    fail('usage', `these are the keys of the cluster ${ledger.cluster}, not of ${cluster}`, {
      where: path,
      hint: 'Use one workspace per cluster.',
    })
  return ledger
}

/** The ledger with every certificate that is in `keys/` and signed by one of our authorities. */
async function adopt(table: Certificate[], held: Map<string, Held>, store: Store, ledger: Ledger): Promise<Ledger> {
  const result: Ledger = { ...ledger, certificates: [...ledger.certificates], files: { ...ledger.files } }
  const signers = table.filter(({ profile }) => profile.authority).map(({ id }) => held.get(id)?.certificate?.publicKey)
  const known = new Set(ledger.certificates.map((entry) => entry.sha256))
  for (const id of await certificateIds(store)) {
    const certificate = held.get(id)?.certificate ?? (await store.certificate(id))
    if (certificate && !known.has(fingerprint(certificate)) && signers.some((key) => key && certificate.verify(key)))
      result.certificates.push(describe(id, certificate, generation))
  }
  return result
}

async function certificateIds(store: Store): Promise<string[]> {
  return (await store.list()).filter((name) => name.endsWith('.crt')).map((name) => name.slice(0, -4))
}

async function issueAll(
  changes: Change[],
  held: Map<string, Held>,
  table: Certificate[],
  store: Store,
  now: Date,
): Promise<void> {
  const one = async ({ wanted, key: orphan }: Change, key: KeyObject) => {
    const issuer = wanted.issuer === wanted.id ? undefined : signer(wanted, held, table)
    const certificate = issueCertificate(wanted, key, issuer, now)
    if (!orphan) await store.writePrivate(`${wanted.id}.key`, privatePem(key))
    await store.writePublic(`${wanted.id}.crt`, toPem(certificate.raw))
    held.set(wanted.id, { certificate, key })
  }
  const keyOf = async ({ wanted, key }: Change) => key ?? generateKey(wanted.key)
  // An authority is on the disk before anything that it signed. Keys are made side by side: RSA takes its time.
  const authorities = changes.filter(({ wanted }) => wanted.profile.authority)
  const keys = await mapPool(authorities, 16, keyOf)
  for (const [index, change] of authorities.entries()) await one(change, keys[index] as KeyObject)
  const leaves = changes.filter(({ wanted }) => !wanted.profile.authority)
  await mapPool(leaves, 16, async (change) => one(change, await keyOf(change)))
}

function signer(wanted: Certificate, held: Map<string, Held>, table: Certificate[]): Issuer {
  const entry = table.find(({ id }) => id === wanted.issuer)
  const { certificate, key } = held.get(wanted.issuer) ?? {}
  if (!entry || !certificate || !key) throw new Error(`${wanted.id} is issued before ${wanted.issuer} is there`)
  return { subject: entry.profile.subject, certificate, key }
}

async function planSecrets(store: Store, ledger: Ledger) {
  const texts: Partial<Record<SecretName, string>> = {}
  const missing: SecretName[] = []
  for (const [name, file] of Object.entries(secretFiles) as [SecretName, string][]) {
    const text = await store.privateText(file)
    if (text !== undefined) texts[name] = text
    else if (!ledger.files[file]) missing.push(name)
    else
      fail('usage', `the secret ${name} is gone`, {
        where: store.path(file),
        hint: 'Restore it from a backup: a new one could not read or verify what the old one wrote.',
      })
  }
  return { texts, missing }
}

/** Files that follow from others: written when they differ. Returns the names of those written. */
async function writeDerived(
  spec: ClusterSpec,
  held: Map<string, Held>,
  secrets: Partial<Record<SecretName, string>>,
  store: Store,
): Promise<string[]> {
  const pem = (id: string) => toPem(held.get(id)?.certificate?.raw ?? Buffer.alloc(0))
  const { key } = held.get('admin') ?? {}
  const serviceAccount = secrets['service-account'] ?? ''
  const encryption = secrets.encryption ?? ''
  addSecret(encryption)
  const derived: [name: string, text: string, kind: 'public' | 'private'][] = [
    ['service-account.pub', publicHalf(serviceAccount, store.path(secretFiles['service-account'])), 'public'],
    ['evidence.pub', publicHalf(secrets.evidence ?? '', store.path(secretFiles.evidence)), 'public'],
    ['encryption-config.yaml', encryptionConfig(encryption), 'private'],
    [
      'admin.conf',
      operatorKubeconfig(spec, {
        trust: trusts['api-servers-and-root'].authorities.map(pem).join(''),
        certificate: pem('admin') + pem('client-ca'),
        key: key ? privatePem(key) : '',
      }),
      'private',
    ],
  ]
  const written: string[] = []
  for (const [name, text, kind] of derived) if (await writeChanged(store, name, text, kind)) written.push(name)
  return written
}

async function writeChanged(store: Store, name: string, text: string, kind: 'public' | 'private'): Promise<boolean> {
  const path = store.path(name)
  if ((await exists(path)) && (await readText(path)) === text) return false
  await (kind === 'public' ? store.writePublic(name, text) : store.writePrivate(name, text))
  return true
}

function record(ledger: Ledger, id: string, found: Held | undefined): void {
  if (found?.certificate) ledger.certificates.push(describe(id, found.certificate, generation))
}

async function hashPrivate(ledger: Ledger, store: Store): Promise<void> {
  const names = (await store.list()).filter((name) => /\.(key|conf|yaml)$/.test(name))
  await mapPool(names, 16, async (name) => {
    const text = (await store.privateText(name)) ?? ''
    ledger.files[name] = { sha256: sha256(text), size: Buffer.byteLength(text) }
  })
}
