import { messageOf } from '../lib/errors.ts'
import { mapPool } from '../lib/pool.ts'
import type { CheckedCertificate, FilesCheck, Finding } from './check.ts'
import { acceptedFiles, opensslVersion, publicKeyOf } from './openssl.ts'
import type { Store } from './store.ts'
import { type Trust, trusts } from './trust.ts'

export interface Opinion {
  /** The openssl that was asked, or why it was not. */
  openssl: string
  findings: Finding[]
}

/**
 * Asks openssl: is every chain good for its purpose and name, does every key match, and does each trust file let in exactly
 * whom it is for, also when the peer sends every authority along? Without openssl that is a finding: unknown is no pass.
 */
export async function checkWithOpenssl(
  files: FilesCheck,
  now: Date,
  signal: AbortSignal,
  table: Record<string, Trust> = trusts,
): Promise<Opinion> {
  let openssl: string
  try {
    openssl = await opensslVersion({ signal })
  } catch (error) {
    if (signal.aborted) throw error
    return { openssl: 'not asked', findings: [{ subject: 'openssl', problem: `not evaluated: ${messageOf(error)}` }] }
  }
  const { store } = files
  const leaves = files.certificates.filter((entry) => entry.certificate && !entry.wanted.profile.authority)
  const found = await Promise.all([
    mapPool(files.certificates, 4, (entry) => keyFinding(entry, store, signal)),
    mapPool(leaves, 4, (entry) => chainFinding(entry, store, now, signal)),
    mapPool(Object.entries(table), 4, ([name, trust]) => trustFindings(name, trust, files, now, signal)),
  ])
  return { openssl, findings: found.flat(2) }
}

const crt = (store: Store, id: string) => store.path(`${id}.crt`)

async function keyFinding({ wanted, certificate }: CheckedCertificate, store: Store, signal: AbortSignal) {
  const file = store.path(`${wanted.id}.key`)
  if (!certificate || !(await store.list()).includes(`${wanted.id}.key`)) return []
  const expected = certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  if ((await publicKeyOf(file, { signal })) === expected) return []
  return [{ subject: wanted.id, problem: 'openssl: the key does not belong to it' }]
}

async function chainFinding({ wanted }: CheckedCertificate, store: Store, now: Date, signal: AbortSignal) {
  const file = crt(store, wanted.id)
  const name = (kind: string) => wanted.profile.sans.find((san) => san.startsWith(kind))?.slice(kind.length)
  const [dns, ip] = [name('DNS:'), name('IP:')]
  const findings: Finding[] = []
  for (const usage of wanted.profile.usages) {
    const names = { ...(dns ? { dns } : {}), ...(ip ? { ip } : {}) }
    const request = { trusted: [crt(store, 'root')], sent: [crt(store, wanted.issuer)], usage, now, ...names }
    if (!(await acceptedFiles(request, [file], { signal })).has(file))
      findings.push({ subject: wanted.id, problem: `openssl refuses its chain as ${usage}` })
  }
  return findings
}

async function trustFindings(
  name: string,
  { authenticates, authorities }: Trust,
  files: FilesCheck,
  now: Date,
  signal: AbortSignal,
): Promise<Finding[]> {
  const { store, certificates } = files
  const usage = authenticates === 'clients' ? 'client' : 'server'
  const members: readonly string[] = authorities
  const findings: Finding[] = []
  if (authenticates === 'clients' && members.includes('root'))
    findings.push({ subject: name, problem: 'authenticates clients and holds the root' })
  const present = certificates.filter((entry) => entry.certificate)
  const leaves = present.filter(({ wanted }) => !wanted.profile.authority)
  const sent = present.filter(({ wanted }) => wanted.profile.authority).map(({ wanted }) => crt(store, wanted.id))
  const request = { trusted: members.map((id) => crt(store, id)), sent, usage, now } as const
  const paths = leaves.map(({ wanted }) => crt(store, wanted.id))
  const accepted = await acceptedFiles(request, paths, { signal })
  for (const { wanted } of leaves) {
    const trusted =
      members.includes(wanted.issuer) || (members.includes('root') && wanted.profile.usages.includes(usage))
    const expected = trusted && wanted.profile.usages.includes(usage)
    if (accepted.has(crt(store, wanted.id)) !== expected)
      findings.push({ subject: name, problem: `openssl ${expected ? 'refuses' : 'lets in'} ${wanted.id}` })
  }
  return findings
}
