// Where things of this test are, on this machine and in the lab.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type RunResult, run } from '../../../lib/exec.ts'
import { findHost } from '../../../scripts/lab/table.ts'
import { checkout, state } from '../harness.ts'

/** Kept between runs: programs, the lock. */
export const folder = `${state}-charts`
export const workspace = join(folder, 'lab')
export const archive = join(workspace, 'lab-0.1.0.tar')
for (const name of ['bin', 'lab']) mkdirSync(join(folder, name), { recursive: true })

/** The registry and the chart repository of the connected side. */
export const registry = '127.0.0.1:5053'
export const repository = '127.0.0.1:5054'
/** Where op serves the bundle. */
export const served = `${findHost('op').address}:5000`

/** Runs redoubt from the checkout in the workspace, with the real helm on PATH. Any exit code is an answer. */
export function redoubt(...args: string[]): Promise<RunResult> {
  return run([join(checkout, 'redoubt'), '-w', workspace, ...args], {
    accept: Array.from({ length: 256 }, (_, code) => code),
    env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
  })
}
