// From checks to outcomes, from outcomes to controls and to the exit code. Nothing here does I/O.
import { exitCodes } from '../../lib/errors.ts'
import type { Check, Outcome, Probe } from './probe.ts'

export interface ProbeResult {
  id: string
  title: string
  group: Probe['group']
  controls: string[]
  outcome: Outcome
  /** Why it was waived, not applicable or not evaluated; for a failure what was seen. */
  why: string
  checks: Check[]
  milliseconds: number
}

export interface Waiver {
  control: string
  reason: string
  /** The last day (UTC) on which it holds: `2027-01-31`. */
  expires: string
}

/** What render decided about a control (rendered/controls.json). */
export interface ControlState {
  state: 'on' | 'off' | 'not-applicable'
  why?: string
}

export interface ControlVerdict {
  id: string
  outcome: Outcome
  why: string
  probes: string[]
}

/** A failed check decides; then an unknown one; no check at all proves nothing. */
export function foldChecks(checks: readonly Check[]): { outcome: 'pass' | 'fail' | 'not-evaluated'; why: string } {
  const worst = checks.find((c) => c.verdict === 'fail') ?? checks.find((c) => c.verdict === 'unknown')
  if (worst)
    return {
      outcome: worst.verdict === 'fail' ? 'fail' : 'not-evaluated',
      why: `${worst.sent} at ${worst.where}: expected ${worst.expected}, saw ${worst.saw}`,
    }
  return checks.length > 0
    ? { outcome: 'pass', why: '' }
    : { outcome: 'not-evaluated', why: 'the probe checked nothing' }
}

/** True up to the end of the waiver's last day, in UTC. */
export function holds(waiver: Waiver, now: Date): boolean {
  return now.toISOString().slice(0, 10) <= waiver.expires
}

/**
 * A waiver turns a failure into `waived` when it covers every control of the probe. It covers failures, not ignorance:
 * what could not be evaluated stays so. An expired waiver changes nothing but is named.
 */
export function applyWaivers(result: ProbeResult, waivers: readonly Waiver[], now: Date): ProbeResult {
  if (result.outcome !== 'fail' || result.controls.length === 0) return result
  const own = waivers.filter((waiver) => result.controls.includes(waiver.control))
  const valid = own.filter((waiver) => holds(waiver, now))
  if (result.controls.every((control) => valid.some((waiver) => waiver.control === control)))
    return {
      ...result,
      outcome: 'waived',
      why: `${valid.map((waiver) => `${waiver.reason} (until ${waiver.expires})`).join('; ')}. ${result.why}`,
    }
  const expired = own.find((waiver) => !holds(waiver, now))
  return expired ? { ...result, why: `${result.why}; its waiver expired on ${expired.expires}` } : result
}

/** Why there is nothing to prove: render left out every control of the probe, or it needs more nodes than there are. */
export function notApplicable(
  probe: Pick<Probe, 'controls' | 'needs'>,
  states: Readonly<Record<string, ControlState>>,
  nodes: number,
): string | undefined {
  if (probe.needs.includes('two-nodes') && nodes < 2) return 'the cluster has one node'
  const own = probe.controls.map((control) => states[control])
  if (own.length === 0 || !own.every((state) => state?.state === 'not-applicable')) return undefined
  return own.map((state) => state?.why ?? 'render says so').join('; ')
}

/** How bad an outcome is, beside others. */
export const severity: Record<Outcome, number> = {
  pass: 0,
  'not-applicable': 1,
  waived: 2,
  'not-evaluated': 3,
  fail: 4,
}

/** Per control the worst outcome of its probes, except that `not-applicable` yields to a probe that did run. */
export function foldControls(results: readonly ProbeResult[]): ControlVerdict[] {
  const ids = [...new Set(results.flatMap((result) => result.controls))]
  return ids.map((id) => {
    const own = results.filter((result) => result.controls.includes(id))
    const ran = own.filter((result) => result.outcome !== 'not-applicable')
    const worst = (ran.length > 0 ? ran : own).reduce((a, b) => (severity[b.outcome] > severity[a.outcome] ? b : a))
    return { id, outcome: worst.outcome, why: worst.why, probes: own.map((result) => result.id) }
  })
}

/** 0 when nothing failed and everything could be evaluated; else 3. Nothing evaluated at all is 3 too. */
export function exitCode(results: readonly ProbeResult[]): number {
  const bad = results.some((result) => result.outcome === 'fail' || result.outcome === 'not-evaluated')
  return bad || results.length === 0 ? exitCodes.verification : 0
}
