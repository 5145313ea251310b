import { loadSpec } from '../../cluster/spec.ts'
import { fail } from '../../lib/errors.ts'
import { sha256File } from '../../lib/hash.ts'
import type { Context, OptionValues } from '../command.ts'
import { runProbes, unmetNeeds } from '../verify/engine.ts'
import type { Env } from '../verify/env.ts'
import { buildEvidence, folderDigest, writeEvidence } from '../verify/evidence.ts'
import { exitCode, holds, type ProbeResult } from '../verify/fold.ts'
import { openEnv } from '../verify/open.ts'
import { pause } from '../verify/pods.ts'
import type { Probe } from '../verify/probe.ts'
import { probes as allProbes } from '../verify/probes.ts'
import { countObjects, sweep } from '../verify/sandbox.ts'
import { verifyTable } from '../verify/table.ts'
import { ownVersion } from './version.ts'

/** Milliseconds for all probes together. */
const budget = 240_000
const parallel = 12
/** Milliseconds that cleaning up may take; what is left then is said, and removed by the next run. */
const cleanBudget = 20_000

/** Attacks the running cluster and says what held: exit code 0 only when nothing failed and nothing stayed unknown. */
export async function verify(context: Context, _args: string[], options: OptionValues): Promise<number> {
  const { out, workspace, now, signal } = context
  const only = [options.only ?? []].flat().map(String)
  const probes = selectProbes(allProbes, only)
  const { spec, metadata } = await loadSpec(workspace.spec)
  for (const waiver of spec.waivers)
    if (!holds(waiver, now()))
      out.warn(`the waiver of ${waiver.control} expired on ${waiver.expires} and covers nothing`)
  const started = now()
  const opened = await out.step('Reach the cluster', async (report) => {
    const found = await openEnv(context)
    const { model, missing, verifier } = found.env
    report.detail(
      missing.api
        ? 'the API cannot be used'
        : `${model.endpoint.url}, ${model.nodes.length} nodes, as ${verifier.name}`,
    )
    return found
  })
  const { env } = opened
  for (const [need, why] of unmetNeeds(probes, env.missing)) out.warn(`no ${need}: ${why}`)
  try {
    await removeLeftovers(context, env)
    let results: ProbeResult[]
    let leftovers: string[] = []
    try {
      results = await out.step('Probe the cluster', async (report) => {
        report.progress(0, probes.length, 'items')
        const found = await runProbes(probes, env, {
          signal,
          budget,
          parallel,
          controls: opened.controls,
          waivers: spec.waivers,
          now,
          onResult: (result, done) => {
            report.progress(done, probes.length, 'items')
            out.debug(`${result.outcome} ${result.id} ${result.milliseconds} ms`)
          },
        })
        report.detail(`${found.length} probes`)
        return found
      })
    } finally {
      leftovers = await cleanUp(context, env)
    }
    const evidence = buildEvidence({
      cluster: metadata.name,
      kubernetes: spec.kubernetes,
      version: ownVersion(),
      started: started.toISOString(),
      finished: now().toISOString(),
      inputs: {
        spec: await sha256File(workspace.spec),
        lock: await sha256File(workspace.lock),
        rendered: await folderDigest(workspace.rendered),
      },
      off: opened.off,
      forced: opened.forced,
      complete: only.length === 0,
      probes: results,
      leftovers,
    })
    const files = await writeEvidence(workspace.evidence, evidence)
    if (out.format === 'json') out.json(evidence)
    else out.data(verifyTable(evidence, out.color))
    out.note(`Evidence: ${files.join(', ')}`)
    return exitCode(results)
  } finally {
    await opened.close()
  }
}

/** The probes that the words name: by their own id or by a control's. Throws `usage` for a word that names none. */
export function selectProbes(probes: readonly Probe[], only: readonly string[]): readonly Probe[] {
  if (only.length === 0) return probes
  for (const word of only)
    if (!probes.some((probe) => names(probe, word)))
      fail('usage', `no probe and no control is called ${word}`, {
        hint: `Probes: ${probes.map((probe) => probe.id).join(', ')}. Controls: see \`redoubt controls\`.`,
      })
  return probes.filter((probe) => only.some((word) => names(probe, word)))
}

function names(probe: Probe, word: string): boolean {
  return probe.id === word || probe.controls.includes(word)
}

async function removeLeftovers(context: Context, env: Env): Promise<void> {
  if (env.missing.sandbox !== undefined) return
  const found = await countObjects(env)
  if (found === 0) return
  await context.out.step('Remove what an earlier run left', async (report) => {
    report.detail(`${found ?? 'some'} objects`)
    const refused = await sweep(env)
    if (refused.length > 0) fail('failed', `could not be removed from ${env.namespace}: ${refused.join('; ')}`)
  })
}

/** Removes everything of ours, also after Ctrl-C, and waits until it is gone. Returns what stayed; never throws. */
async function cleanUp(context: Context, env: Env): Promise<string[]> {
  if (env.missing.sandbox !== undefined) return []
  return context.out.step('Clean up', async (report) => {
    const patient = env.withSignal(new AbortController().signal)
    const end = performance.now() + cleanBudget
    const refused = await sweep(patient)
    let count = await countObjects(patient)
    while (count !== 0 && refused.length === 0 && performance.now() < end) {
      report.status(`${count ?? '?'} objects left`)
      await pause(300)
      count = await countObjects(patient)
    }
    return count === 0 ? refused : [...refused, `${count ?? 'some'} objects in namespace ${env.namespace}`]
  })
}
