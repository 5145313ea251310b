import { loadSpec } from '../../cluster/spec.ts'
import { refuseExpiredWaivers } from '../../cluster/waivers.ts'
import { fail } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import { loadEvidenceKey } from '../../pki/evidence.ts'
import { type Context, type OptionValues, text } from '../command.ts'
import { watch } from '../evidence/watch.ts'
import { withEvidenceFolder } from '../evidence/write.ts'
import { exitCode } from '../verify/fold.ts'
import type { Probe } from '../verify/probe.ts'
import { probes as allProbes } from '../verify/probes.ts'
import { probeCluster } from '../verify/run.ts'
import { verifyTable } from '../verify/table.ts'
import { ownVersion } from './version.ts'

/** Attacks the running cluster and says what held: exit code 0 only when nothing failed and nothing stayed unknown. */
export async function verify(context: Context, _args: string[], options: OptionValues): Promise<number> {
  const { out, workspace } = context
  const only = [options.only ?? []].flat().map(String)
  const probes = selectProbes(allProbes, only)
  const keep = wholeNumber(options, 'keep')
  const seconds = wholeNumber(options, 'watch')
  refuseExpiredWaivers(await loadSpec(workspace.spec), context.now())
  const key = await loadEvidenceKey(workspace.keys)
  const about = { version: ownVersion(), complete: only.length === 0 }
  return withEvidenceFolder(workspace.evidence, { key, keep, now: context.now }, async (folder) => {
    if (seconds !== undefined) return watch(context, seconds, folder, (quiet) => probeCluster(quiet, probes, about))
    const evidence = await probeCluster(context, probes, about)
    const run = await folder.write(evidence)
    if (out.format === 'json') out.json(evidence)
    else out.data(verifyTable(evidence, out.color))
    out.note(`Evidence: ${run}, signed; the report is ${workspace.evidence}/report.html`)
    return exitCode(evidence.probes)
  })
}

/** A whole number from 1 of an option, or undefined. Throws `usage`. */
function wholeNumber(options: OptionValues, name: string): number | undefined {
  const given = text(options, name)
  if (given === undefined) return undefined
  if (!/^[1-9]\d{0,6}$/.test(given))
    fail('usage', `--${name} ${given}: a whole number from 1 was expected`, { hint: 'See `redoubt verify --help`.' })
  return Number(given)
}

/** The probes that the words name: by their own id or by a control's. Throws `usage` for a word that names none. */
export function selectProbes(probes: readonly Probe[], only: readonly string[]): readonly Probe[] {
  if (only.length === 0) return probes
  for (const word of only)
    if (!probes.some((probe) => names(probe, word))) {
      const near = nearest(
        word,
        probes.flatMap((probe) => [probe.id, ...probe.controls]),
      )
      fail('usage', `no probe and no control is called ${word}`, {
        hint: `${near ? `Did you mean ${near}? ` : ''}\`redoubt controls\` lists the controls, \`redoubt controls CONTROL\` the probes of one.`,
      })
    }
  return probes.filter((probe) => only.some((word) => names(probe, word)))
}

function names(probe: Probe, word: string): boolean {
  return probe.id === word || probe.controls.includes(word)
}
