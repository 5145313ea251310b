import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One figure and what it must not exceed. */
export interface Figure {
  name: string
  value: number
  unit: 's' | 'MB' | 'x'
  limit: number
}

/** The middle of `runs` measurements. */
export async function median(runs: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = []
  for (let run = 0; run < runs; run++) values.push(await measure())
  return values.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN
}

export interface ProcessFigures {
  seconds: number
  /** Peak resident memory of the process itself (VmHWM), not of the programs it runs, read every 20 ms. */
  peakMB: number
}

/** Runs a command to its end, with `env` beside the environment, and measures it from outside. Throws when it fails. */
export function measureProcess(
  command: readonly [string, ...string[]],
  env: Record<string, string> = {},
): Promise<ProcessFigures> {
  const [program, ...args] = command
  const started = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
  let peak = 0
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-2000)
  })
  const timer = setInterval(() => {
    peak = Math.max(peak, peakMemory(child.pid))
  }, 20)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearInterval(timer)
      if (code === 0) resolve({ seconds: (performance.now() - started) / 1000, peakMB: peak / 1000 })
      else reject(new Error(`${command.join(' ')} ended with ${code}: ${stderr}`))
    })
  })
}

/** Peak memory in kB so far; 0 once the process is gone. */
export function peakMemory(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
