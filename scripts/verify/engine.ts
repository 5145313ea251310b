import { safeMessage, throwIfAborted } from '../../lib/exec.ts'
import { mapPool } from '../../lib/pool.ts'
import { redact } from '../../lib/redact.ts'
import type { Env } from './env.ts'
import { applyWaivers, type ControlState, foldChecks, notApplicable, type ProbeResult, type Waiver } from './fold.ts'
import { type Check, type Need, oneLine, type Probe } from './probe.ts'

export interface EngineOptions {
  /** Fires on Ctrl-C: what runs is given up and `interrupted` thrown. */
  signal: AbortSignal
  /** Milliseconds for all probes together. */
  budget: number
  /** How many probes run at once. */
  parallel: number
  controls: Readonly<Record<string, ControlState>>
  waivers: readonly Waiver[]
  now: () => Date
  /** A signal that fires after so many milliseconds; tests give their own. */
  deadline?: (milliseconds: number) => AbortSignal
  onResult?: (result: ProbeResult, done: number) => void
}

/**
 * Runs probes in parallel, each under its own budget and all under a common one, and returns a result for every one, in
 * the order given. Whatever goes wrong inside a probe is that probe's `not-evaluated`. Throws `interrupted` only.
 */
export async function runProbes(probes: readonly Probe[], env: Env, options: EngineOptions): Promise<ProbeResult[]> {
  const deadline = options.deadline ?? ((milliseconds) => AbortSignal.timeout(milliseconds))
  const overall = deadline(options.budget)
  let done = 0
  const results = await mapPool(probes, options.parallel, async (probe) => {
    const raw = await runOne(probe, env, { ...options, overall, deadline })
    const result = applyWaivers(raw, options.waivers, options.now())
    options.onResult?.(result, ++done)
    return result
  })
  throwIfAborted(options.signal)
  return results
}

interface OneOptions extends EngineOptions {
  overall: AbortSignal
  deadline: (milliseconds: number) => AbortSignal
}

async function runOne(probe: Probe, env: Env, options: OneOptions): Promise<ProbeResult> {
  const started = performance.now()
  const finish = (outcome: ProbeResult['outcome'], why: string, checks: Check[] = []): ProbeResult => ({
    id: probe.id,
    title: probe.title,
    group: probe.group,
    controls: [...probe.controls],
    outcome,
    why: oneLine(redact(why), 800),
    checks: checks.map(redactCheck),
    milliseconds: Math.round(performance.now() - started),
  })
  const reason = notApplicable(probe, options.controls, env.model.nodes.length) ?? probe.notApplicable?.(env)
  if (reason !== undefined) return finish('not-applicable', reason)
  const missing = probe.needs.map((need) => env.missing[need]).find((why) => why !== undefined)
  if (missing !== undefined) return finish('not-evaluated', missing)
  if (options.overall.aborted) return finish('not-evaluated', `not started within ${seconds(options.budget)}`)
  const own = options.deadline(probe.budget)
  const signal = AbortSignal.any([options.signal, options.overall, own])
  try {
    const checks = await abortable(probe.run(env.withSignal(signal)), signal)
    const { outcome, why } = foldChecks(checks)
    return finish(outcome, why, checks)
  } catch (error) {
    if (own.aborted) return finish('not-evaluated', `no result within ${seconds(probe.budget)}`)
    if (options.overall.aborted)
      return finish('not-evaluated', `all probes together took over ${seconds(options.budget)}`)
    return finish('not-evaluated', safeMessage(error))
  }
}

/** Settles as `work` does, or rejects as soon as the signal fires, so that a probe that hangs cannot hold up the rest. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Error('stopped'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function redactCheck(check: Check): Check {
  const { where, sent, expected, saw, verdict } = check
  const clean = (text: string) => oneLine(redact(text), 400)
  return { where: clean(where), sent: clean(sent), expected: clean(expected), saw: clean(saw), verdict }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10}s`
}

/** The needs that some probes have and the environment lacks, with why: said once, before the table. */
export function unmetNeeds(probes: readonly Probe[], missing: Env['missing']): [Need, string][] {
  const wanted = new Set(probes.flatMap((probe) => probe.needs))
  return (Object.entries(missing) as [Need, string][]).filter(([need]) => wanted.has(need))
}
