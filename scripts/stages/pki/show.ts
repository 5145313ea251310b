import { fail } from '../../../lib/errors.ts'
import { formatTable } from '../../../lib/output.ts'
import { fingerprint, type LedgerRecord, loadLedger } from '../../../pki/ledger.ts'
import { openStore, type Store } from '../../../pki/store.ts'
import type { Context } from '../../command.ts'

/**
 * The ledger: current certificates, or with an id (or the part before its slash) all that were ever issued for it. Also takes
 * a SHA-256 fingerprint as the audit log has it (credential-id X509SHA256=...): whose certificate was that?
 */
export async function pkiShow({ out, workspace, now }: Context, id: string | undefined): Promise<number> {
  const store = openStore(workspace.keys)
  const { cluster, certificates } = await loadLedger(store.path('ledger.json'))
  const mark = id
    ?.replace(/^X509SHA256=/, '')
    .replaceAll(':', '')
    .toLowerCase()
  const chosen = certificates.filter(
    (entry) => !id || entry.id === id || entry.id.startsWith(`${id}/`) || entry.sha256 === mark,
  )
  if (chosen.length === 0)
    fail('usage', `the ledger knows no certificate ${id}`, { hint: '`redoubt pki show` lists them all.' })
  const all = await Promise.all(chosen.map((entry) => enrich(entry, store, now())))
  const shown = id ? all : all.filter(({ state }) => state === 'current')
  if (out.format === 'json') out.json({ kind: 'PkiLedger', cluster, certificates: shown })
  else {
    const rows = shown.map((entry) => [
      entry.id,
      entry.subject,
      entry.issuer.replace(/.*CN=/, ''),
      entry.notAfter.slice(0, 10),
      String(entry.daysLeft),
      entry.state,
      entry.serial,
    ])
    out.data(formatTable(['CERTIFICATE', 'SUBJECT', 'ISSUER', 'UNTIL', 'DAYS LEFT', 'STATE', 'SERIAL'], rows))
  }
  return 0
}

async function enrich(entry: LedgerRecord, store: Store, now: Date) {
  const certificate = await store.certificate(entry.id)
  const current = certificate !== undefined && fingerprint(certificate) === entry.sha256
  return {
    ...entry,
    state: current ? 'current' : 'replaced',
    daysLeft: Math.floor((Date.parse(entry.notAfter) - now.getTime()) / 86_400_000),
    ...(current ? { names: certificate.subjectAltName ?? '' } : {}),
  }
}
