import { createPublicKey, type X509Certificate } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import type { ClusterSpec } from '../cluster/spec.ts'
import { RedoubtError } from '../lib/errors.ts'
import { readText } from '../lib/files.ts'
import { sha256 } from '../lib/hash.ts'
import { otherKeys } from './chosen.ts'
import { deviation } from './issue.ts'
import { fingerprint, type Ledger, loadLedger } from './ledger.ts'
import { type Certificate, certificatesOf } from './required.ts'
import { secretFiles } from './secrets.ts'
import { foldersOf, isPublic, openStore, type Store } from './store.ts'

/** Something that is wrong: with a certificate (its id), a file or a trust. */
export interface Finding {
  subject: string
  problem: string
}

export interface CheckedCertificate {
  wanted: Certificate
  certificate: X509Certificate | undefined
  /** Whole days until it ends; negative when it has. */
  daysLeft: number | undefined
}

export interface FilesCheck {
  certificates: CheckedCertificate[]
  findings: Finding[]
  store: Store
}

/**
 * Judges `keys/` with node:crypto: every certificate against the table, its issuer, its key, the clock and the ledger; modes;
 * private files against the ledger. Throws `usage` when there is no ledger; all else is a finding.
 */
export async function checkFiles(spec: ClusterSpec, folder: string, now: Date): Promise<FilesCheck> {
  const store = openStore(folder)
  const ledger = await loadLedger(store.path('ledger.json'))
  const findings: Finding[] = []
  const find = (subject: string, problem: string) => void findings.push({ subject, problem })
  if (ledger.cluster !== spec.metadata.name)
    find('ledger.json', `is of the cluster ${ledger.cluster}, not of ${spec.metadata.name}`)
  const other = await attempt(
    () => otherKeys(spec, store),
    () => {},
  )
  if (other) find('keys/', other)
  const table = certificatesOf(spec)
  const certificates: CheckedCertificate[] = []
  for (const wanted of table) {
    const unreadable: string[] = []
    const certificate = await attempt(
      () => store.certificate(wanted.id),
      (path, problem, hint) => void unreadable.push(`${path} ${problem}${hint ? `. ${hint}` : ''}`),
    )
    const daysLeft = certificate && Math.floor((certificate.validToDate.getTime() - now.getTime()) / 86_400_000)
    certificates.push({ wanted, certificate, daysLeft })
    const issuer = certificates.find((entry) => entry.wanted.id === wanted.issuer)
    const problems = unreadable.length > 0 ? unreadable : judge(wanted, certificate, issuer, ledger, now)
    for (const problem of problems) find(wanted.id, problem)
    for (const problem of await judgeKey(wanted, certificate, store, find)) find(wanted.id, problem)
  }
  await checkModes(folder, store, find)
  await checkPrivateFiles(ledger, store, find)
  await checkPublicHalves(store, find)
  return { certificates, findings, store }
}

type Find = (subject: string, problem: string, hint?: string) => void

async function attempt<T>(work: () => Promise<T>, find: Find): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error
    find(error.where ?? '', error.message, error.hint)
    return undefined
  }
}

function judge(
  wanted: Certificate,
  certificate: X509Certificate | undefined,
  issuer: CheckedCertificate | undefined,
  ledger: Ledger,
  now: Date,
): string[] {
  if (!certificate) return [`${wanted.id}.crt is missing`]
  const problems: string[] = []
  const signer = issuer?.certificate
  const problem =
    issuer && signer
      ? deviation(wanted, certificate, { subject: issuer.wanted.profile.subject, certificate: signer })
      : `its issuer ${wanted.issuer} is missing or unreadable`
  if (problem) problems.push(problem)
  if (certificate.validToDate <= now) problems.push(`it ended at ${certificate.validToDate.toISOString()}`)
  if (certificate.validFromDate > now) problems.push(`it begins only at ${certificate.validFromDate.toISOString()}`)
  const mark = fingerprint(certificate)
  if (!ledger.certificates.some((entry) => entry.id === wanted.id && entry.sha256 === mark))
    problems.push('the ledger does not know it')
  return problems
}

async function judgeKey(wanted: Certificate, certificate: X509Certificate | undefined, store: Store, find: Find) {
  const key = await attempt(() => store.privateKey(wanted.id), find)
  // The root's key belongs offline: only a new authority needs it.
  if (!key) return wanted.id === 'root' ? [] : [`its key ${wanted.id}.key is missing or unreadable`]
  return certificate && !certificate.checkPrivateKey(key) ? ['the key does not belong to it'] : []
}

async function checkModes(folder: string, store: Store, find: Find): Promise<void> {
  const files = await store.list()
  for (const name of ['', ...foldersOf(files), ...files]) {
    const found = await lstat(name ? store.path(name) : folder)
    if (found.isSymbolicLink()) find(name, 'is a link, a file was expected')
    else if (found.isDirectory() ? (found.mode & 0o077) !== 0 : !isPublic(name) && (found.mode & 0o177) !== 0)
      find(name || 'keys/', `has mode ${(found.mode & 0o777).toString(8)}: others can read it`)
    else if ((found.mode & 0o022) !== 0) find(name, 'can be written by others')
  }
}

async function checkPrivateFiles(ledger: Ledger, store: Store, find: Find): Promise<void> {
  for (const name of Object.values(secretFiles))
    if (!ledger.files[name]) find(name, 'was never made: run `redoubt pki init`')
  for (const [name, { sha256: expected }] of Object.entries(ledger.files)) {
    const text = await attempt(() => store.privateText(name), find)
    if (text === undefined) {
      if (!name.endsWith('.key') || Object.values<string>(secretFiles).includes(name)) find(name, 'is missing')
    } else if (sha256(text) !== expected) find(name, 'is not the file that the ledger names')
  }
}

/** Whoever checks tokens or evidence goes by the public half: it must be of the private one beside it. */
async function checkPublicHalves(store: Store, find: Find): Promise<void> {
  for (const name of ['service-account', 'evidence']) {
    const key = await attempt(() => store.privateKey(name), find)
    const half = await attempt(() => readText(store.path(`${name}.pub`)), find)
    if (!key || half === undefined) continue
    const own = createPublicKey(key).export({ type: 'spki', format: 'pem' })
    if (half !== own) find(`${name}.pub`, `is not the public half of ${name}.key`)
  }
}
