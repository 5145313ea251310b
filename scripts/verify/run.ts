import { loadSpec } from '../../cluster/spec.ts'
import { fail } from '../../lib/errors.ts'
import { controls as catalogue } from '../../templates/controls.ts'
import type { Context } from '../command.ts'
import { settings } from '../controls/settings.ts'
import { runProbes, unmetNeeds } from './engine.ts'
import type { Env } from './env.ts'
import { buildEvidence, type Evidence } from './evidence.ts'
import { holds, type ProbeResult } from './fold.ts'
import { inputDigests, unsteadyInputs } from './inputs.ts'
import { type Opened, openEnv } from './open.ts'
import { pause } from './patience.ts'
import type { Probe } from './probe.ts'
import { countObjects, sweep } from './sandbox.ts'

/** Milliseconds for all probes together. */
const budget = 240_000
const parallel = 12
/** Milliseconds that cleaning up may take; what is left then is said, and removed by the next run. */
const cleanBudget = 20_000

/**
 * Puts probes to the running cluster and cleans up. What the cluster refuses or leaves open is in the evidence; throws `usage` for what
 * is missing in the workspace, and `interrupted`.
 */
export async function probeCluster(
  context: Context,
  probes: readonly Probe[],
  about: { version: string; complete: boolean },
): Promise<Evidence> {
  const { out, workspace, now, signal } = context
  // Before anything else is read: what is read later is this, or the end says that it changed.
  const inputs = await inputDigests(workspace)
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
    const sets = settingsOf(opened)
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
          controls: opened.rendered.controls,
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
    const unsteady = await unsteadyInputs(workspace, inputs)
    return buildEvidence({
      ...about,
      complete: about.complete && unsteady.length === 0,
      cluster: metadata.name,
      kubernetes: spec.kubernetes,
      started: started.toISOString(),
      finished: now().toISOString(),
      nodes: env.model.nodes.map(({ name, role, address }) => ({ name, role, address })),
      inputs,
      profile: opened.rendered.profile,
      overrides: opened.rendered.overrides,
      off: opened.rendered.off,
      forced: opened.rendered.forced,
      sets,
      probes: [...results, ...unsteady],
      leftovers,
    })
  } finally {
    await opened.close()
  }
}

/** What render set for each control that is on, from the same data as render. */
function settingsOf({ env, rendered: { controls } }: Opened): Record<string, string[]> {
  const on = catalogue.filter(({ id }) => controls[id]?.state === 'on')
  return Object.fromEntries(on.map((control) => [control.id, settings(control.on(env.site))]))
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
