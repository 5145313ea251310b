import type { KeyObject } from 'node:crypto'
import { basename, join } from 'node:path'
import { readPublicKey } from '../../bundles/keys.ts'
import { exitCodes, fail, messageOf } from '../../lib/errors.ts'
import { readText } from '../../lib/files.ts'
import { formatTable } from '../../lib/output.ts'
import { mapPool } from '../../lib/pool.ts'
import type { Context } from '../command.ts'
import { compareRuns } from '../evidence/diff.ts'
import { checkRun } from '../evidence/manifest.ts'
import { findRun, listRuns, readRun } from '../evidence/runs.ts'
import { countOutcomes, type Evidence } from '../verify/evidence.ts'
import { exitCode } from '../verify/fold.ts'

async function publicKeyOf({ workspace }: Context, given: string | undefined): Promise<KeyObject> {
  const path = given ?? join(workspace.keys, 'evidence.pub')
  const hint = 'Name the public key with --key; `redoubt pki init` makes it as keys/evidence.pub.'
  return readPublicKey(await readText(path, hint), path, 'redoubt pki init')
}

/** Signature and sums of one run. Throws `integrity` naming everything that is not as it was signed. */
export async function evidenceVerify(
  context: Context,
  word: string | undefined,
  options: { key: string | undefined },
): Promise<number> {
  const { out, workspace } = context
  const folder = await findRun(workspace.evidence, word ?? 'latest')
  const check = await checkRun(folder, await publicKeyOf(context, options.key))
  const { problems, files, key } = check
  if (problems.length === 0) await readRun(folder)
  if (out.format === 'json') out.json({ kind: 'EvidenceCheck', run: folder, ...check })
  if (problems.length > 0)
    fail('integrity', `is not as it was signed: ${problems.join('; ')}`, {
      where: folder,
      hint: 'Trust nothing in it. If the key was changed since, name the old public key with --key.',
    })
  if (out.format !== 'json') out.data(`${folder}: ${files.length} files as signed by sha256:${key}`)
  return 0
}

/** The runs that are kept, oldest first; of one that is not as it was signed nothing is told but that. */
export async function evidenceList(context: Context, options: { key: string | undefined }): Promise<number> {
  const { out, workspace } = context
  const names = await listRuns(workspace.evidence)
  const key = await publicKeyOf(context, options.key)
  const rows = await mapPool(names, 8, async (name) => {
    try {
      const folder = join(workspace.evidence, name)
      const { problems } = await checkRun(folder, key)
      if (problems.length > 0) return { name, problem: `not as signed: ${problems.join('; ')}` }
      const evidence = await readRun(folder)
      const { started, finished, version, complete } = evidence
      const count = countOutcomes(evidence.probes)
      return { name, started, finished, version, complete, exitCode: exitCode(evidence.probes), count }
    } catch (error) {
      return { name, problem: messageOf(error) }
    }
  })
  if (out.format === 'json') out.json({ kind: 'EvidenceList', runs: rows })
  else if (rows.length === 0) out.note('There is no run yet: redoubt verify makes one.')
  else
    out.data(
      formatTable(
        ['RUN', 'EXIT', 'PROBES', 'RESULT'],
        rows.map((row) => {
          if ('problem' in row) return [row.name, '-', '-', row.problem]
          const told = Object.entries(row.count).filter(([, number]) => number > 0)
          const result = told.map(([outcome, number]) => `${number} ${outcome}`).join(', ')
          return [row.name, String(row.exitCode), row.complete ? 'all' : 'some', result]
        }),
      ),
    )
  return 0
}

/** What is not as it was between two runs, both checked first: 3 when something got worse. */
export async function evidenceDiff(
  context: Context,
  words: readonly string[],
  options: { key: string | undefined },
): Promise<number> {
  const { out, workspace } = context
  const key = await publicKeyOf(context, options.key)
  const read = async (word: string): Promise<{ run: string; evidence: Evidence }> => {
    const folder = await findRun(workspace.evidence, word)
    const { problems } = await checkRun(folder, key)
    if (problems.length > 0) fail('integrity', `is not as it was signed: ${problems.join('; ')}`, { where: folder })
    return { run: basename(folder), evidence: await readRun(folder) }
  }
  const before = await read(words[0] ?? '')
  const after = await read(words[1] ?? 'latest')
  const changes = compareRuns(before.evidence, after.evidence)
  const rows = changes.map((change) => [
    change.worse ? 'worse' : 'better',
    change.kind,
    change.id,
    `${change.before} -> ${change.after}`,
    change.why,
  ])
  if (out.format === 'json') out.json({ kind: 'EvidenceDiff', before: before.run, after: after.run, changes })
  else if (rows.length > 0) out.data(formatTable(['', 'WHAT', 'ID', 'OUTCOME', 'WHY'], rows))
  else out.data(`${before.run} and ${after.run}: the same outcomes`)
  if (!before.evidence.complete || !after.evidence.complete)
    out.warn('one of them is not complete: only what both asked is compared, and no controls')
  return changes.some((change) => change.worse) ? exitCodes.verification : 0
}
