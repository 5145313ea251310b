import { setTimeout } from 'node:timers/promises'
import { safeMessage, throwIfAborted } from '../../lib/exec.ts'
import type { Output } from '../../lib/output.ts'
import type { Context } from '../command.ts'
import type { Evidence } from '../verify/evidence.ts'
import { exitCode } from '../verify/fold.ts'
import { type Change, compareRuns } from './diff.ts'
import type { EvidenceFolder } from './write.ts'

/**
 * Runs `verify` again and again, `seconds` from begin to begin, with one line per run: what it found, and what is not as the run before
 * left it. What goes wrong with a later run is told and tried again; with the first one it is thrown. Ends by Ctrl-C: `interrupted`.
 */
export async function watch(
  context: Context,
  seconds: number,
  folder: EvidenceFolder,
  verify: (quiet: Context) => Promise<Evidence>,
): Promise<never> {
  const { out, now, signal } = context
  let last: Evidence | undefined
  for (;;) {
    const began = performance.now()
    try {
      const evidence = await verify({ ...context, out: quiet(out) })
      await folder.write(evidence)
      const changes = last ? compareRuns(last, evidence) : []
      if (out.format === 'json') out.data(JSON.stringify({ ...summaryOf(evidence), changes }))
      else out.data(lineOf(evidence, changes))
      last = evidence
    } catch (error) {
      throwIfAborted(signal)
      if (!last) throw error
      out.warn(`${now().toISOString()}  no result: ${safeMessage(error)}`)
    }
    await setTimeout(Math.max(0, seconds * 1000 - (performance.now() - began)), undefined, { signal }).catch(() => {})
    throwIfAborted(signal)
  }
}

function summaryOf({ cluster, started, finished, summary, probes }: Evidence) {
  return { cluster, started, finished, exitCode: exitCode(probes), summary }
}

/** `2026-11-21T11:14:15.000Z  exit 3  45 pass, 1 fail  worse: probe audit-canary pass -> fail` */
export function lineOf(evidence: Evidence, changes: readonly Change[]): string {
  const counts = Object.entries(evidence.summary).filter(([, count]) => count > 0)
  const told = (worse: boolean) =>
    changes
      .filter((change) => change.kind === 'probe' && change.worse === worse)
      .map(({ id, before, after }) => `${id} ${before} -> ${after}`)
  const parts = [
    evidence.started,
    `exit ${exitCode(evidence.probes)}`,
    counts.map(([outcome, count]) => `${count} ${outcome}`).join(', '),
    ...(told(true).length > 0 ? [`worse: ${told(true).join(', ')}`] : []),
    ...(told(false).length > 0 ? [`better: ${told(false).join(', ')}`] : []),
  ]
  return parts.join('  ')
}

/** The same output without the steps of each run: a watch says one line per run. */
function quiet(out: Output): Output {
  const silent = { detail: () => {}, status: () => {}, progress: () => {}, item: () => {} }
  return { ...out, step: (_, work) => work(silent), note: () => {} }
}
