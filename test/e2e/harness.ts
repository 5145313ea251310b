// How a step of the end-to-end test talks to this machine, to the lab and to the reader.
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../lib/errors.ts'
import { type RunResult, run } from '../../lib/exec.ts'

export const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
/** Kept between runs, so that a run can start in the middle. */
export const state = join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'redoubt', 'e2e')
/** The workspace on the connected side, and where `op` keeps its own. */
export const workspace = join(state, 'lab')
export const opWorkspace = '/root/lab'
mkdirSync(workspace, { recursive: true })

const counts = { passed: 0, failed: 0 }

/** Runs one check: it passes unless `work` throws. Later checks still run: each failure is worth knowing. */
export async function check(name: string, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)}s`
  try {
    await work()
    counts.passed++
    process.stdout.write(`  ok    ${name}  ${seconds()}\n`)
  } catch (error) {
    counts.failed++
    process.stdout.write(`  FAIL  ${name}  ${seconds()}\n        ${messageOf(error).replaceAll('\n', '\n        ')}\n`)
  }
}

export function summary(): { passed: number; failed: number } {
  return counts
}

/** As check, but what follows makes no sense without it: its failure ends the step. */
export async function must(name: string, work: () => Promise<unknown>): Promise<void> {
  const before = counts.failed
  await check(name, work)
  if (counts.failed > before) throw new StepFailed(name)
}

export class StepFailed extends Error {}

/** Runs redoubt from the checkout, in the connected workspace. Any exit code is an answer. */
export function redoubt(...args: string[]): Promise<RunResult> {
  return run([join(checkout, 'redoubt'), '-w', workspace, ...args], { accept: anyCode })
}

/** Runs a script on a lab host. Any exit code is an answer. */
export function on(host: string, script: string): Promise<RunResult> {
  return run([join(checkout, 'redoubt'), 'lab', 'ssh', host, '--', 'bash -s'], { accept: anyCode, input: script })
}

/** Runs redoubt as the operator does: the executable from the bundle, in the workspace on `op`. */
export function inside(command: string): Promise<RunResult> {
  return on('op', `cd ${opWorkspace} && ./redoubt ${command} </dev/null`)
}

const anyCode = Array.from({ length: 256 }, (_, code) => code)

/** Throws with the whole output unless the exit code is the expected one; returns the result. */
export async function expectCode(code: number, result: Promise<RunResult>): Promise<RunResult> {
  const got = await result
  if (got.code !== code)
    throw new Error(`exit code ${got.code}, expected ${code}\n${got.stdout}${got.stderr}`.slice(-4000))
  return got
}

/** Throws unless `text` matches. */
export function expectMatch(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`does not match ${pattern}:\n${text.slice(-2000)}`)
}

/** Throws unless both are the same text. */
export function expectSame(got: string, expected: string, what: string): void {
  if (got !== expected) throw new Error(`${what}: got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`)
}
