import { loadSpec } from '../../../cluster/spec.ts'
import { exitCodes } from '../../../lib/errors.ts'
import { formatTable } from '../../../lib/output.ts'
import { checkFiles } from '../../../pki/check.ts'
import { checkWithOpenssl } from '../../../pki/check-trust.ts'
import { trusts } from '../../../pki/trust.ts'
import type { Context } from '../../command.ts'

/** Judges `keys/` with Node and with openssl; 3 when anything is wrong. */
export async function pkiCheck({ out, workspace, now, signal }: Context): Promise<number> {
  const spec = await loadSpec(workspace.spec)
  const files = await out.step('certificates, keys, modes, ledger (Node)', async (report) => {
    const result = await checkFiles(spec, workspace.keys, now())
    report.detail(`${result.certificates.length} certificates, ${count(result.findings.length)}`)
    return result
  })
  const opinion = await out.step('chains, keys, trust (openssl)', async (report) => {
    const result = await checkWithOpenssl(files, now(), signal)
    report.detail(`${result.openssl}, ${Object.keys(trusts).length} trust files, ${count(result.findings.length)}`)
    return result
  })
  const findings = [...files.findings, ...opinion.findings]
  const certificates = files.certificates.map(({ wanted, certificate, daysLeft }) => ({
    id: wanted.id,
    issuer: wanted.issuer,
    usages: wanted.profile.usages,
    notAfter: certificate?.validToDate.toISOString(),
    daysLeft,
    problems: problemsOf(wanted.id),
  }))
  const trust = Object.entries(trusts).map(([name, { authenticates, authorities }]) => ({
    name,
    authenticates,
    authorities,
    problems: problemsOf(name),
  }))
  const shown = new Set([...certificates.map(({ id }) => id), ...Object.keys(trusts)])
  const others = findings.filter(({ subject }) => !shown.has(subject))
  if (out.format === 'json')
    out.json({
      kind: 'PkiCheck',
      ok: findings.length === 0,
      openssl: opinion.openssl,
      certificates,
      trust,
      others,
    })
  else {
    const rows = certificates.map(({ id, issuer, usages, daysLeft, problems }) => [
      id,
      issuer,
      usages.join('+') || 'any',
      String(daysLeft ?? '-'),
      verdict(problems),
    ])
    out.data(formatTable(['CERTIFICATE', 'ISSUER', 'USE', 'DAYS LEFT', 'RESULT'], rows))
    const trustRows = trust.map((entry) => [
      entry.name,
      entry.authenticates,
      entry.authorities.join('+'),
      verdict(entry.problems),
    ])
    out.data(`\n${formatTable(['TRUST', 'LETS IN', 'AUTHORITIES', 'RESULT'], trustRows)}`)
    if (others.length > 0)
      out.data(
        `\n${formatTable(
          ['ALSO', 'PROBLEM'],
          others.map(({ subject, problem }) => [subject, problem]),
        )}`,
      )
  }
  if (findings.length === 0) return 0
  out.error(`${count(findings.length)} in ${workspace.keys}`)
  out.note(
    '  `redoubt pki init` issues leaves that are missing, changed or old; authorities and secrets come from a backup.',
  )
  return exitCodes.verification

  function problemsOf(subject: string): string[] {
    return findings.filter((finding) => finding.subject === subject).map(({ problem }) => problem)
  }
}

function verdict(problems: string[]): string {
  return problems.length === 0 ? 'ok' : problems.join('; ')
}

function count(problems: number): string {
  return problems === 1 ? '1 problem' : `${problems} problems`
}
