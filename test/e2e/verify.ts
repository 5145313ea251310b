// `redoubt verify` as the operator runs it, and what it says.
import type { RunResult } from '../../lib/exec.ts'
import type { Check, Outcome } from '../../scripts/verify/probe.ts'
import { inside } from './harness.ts'

export interface Verified {
  probes: { id: string; outcome: Outcome; why: string; controls: string[]; checks: Check[] }[]
}

/** What verify with these words says. Throws unless it ends with the expected code: then with the probes that did not hold, and why. */
export async function verify(code: number, words = ''): Promise<Verified> {
  const result = await inside(`verify -q -o json ${words}`)
  if (result.code !== code) throw new Error(`exit code ${result.code}, expected ${code}\n${shortcomings(result)}`)
  return JSON.parse(result.stdout)
}

/** The probes that did not hold, each with its failed checks; where verify came to no end, what it printed. */
function shortcomings({ code, stdout, stderr }: RunResult): string {
  if (code !== 0 && code !== 3) return `${stdout}${stderr}`.slice(-4000)
  return (JSON.parse(stdout) as Verified).probes
    .filter(({ outcome }) => outcome !== 'pass' && outcome !== 'not-applicable')
    .flatMap(({ id, outcome, why, checks }) => [
      `${outcome} ${id}: ${why}`,
      ...checks
        .filter(({ verdict }) => verdict !== 'pass')
        .map(({ where, sent, expected, saw }) => `  ${sent} at ${where}: expected ${expected}, saw ${saw}`),
    ])
    .join('\n')
}
