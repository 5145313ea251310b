// Runs each test/**/*.test.ts (but not e2e/) in a process of its own, two at a time or as many as there are cores.
// A file without a passing test, with a skipped one, or without uvu's closing lines counts as failed: silence is no pass.
// Arguments: words of which a path must contain one.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listFiles } from '../lib/files.ts'
import { mapPool } from '../lib/pool.ts'

const folder = dirname(fileURLToPath(import.meta.url))
const words = process.argv.slice(2)
const files = (await listFiles(folder)).filter(
  (path) =>
    path.endsWith('.test.ts') &&
    !path.startsWith('e2e/') &&
    (words.length === 0 || words.some((w) => path.includes(w))),
)
/** Where tests put what they leave: gone with the run, however it ends. */
const temporary = mkdtempSync(join(tmpdir(), 'redoubt-tests-'))
process.once('exit', () => rmSync(temporary, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

interface Outcome {
  passed: number
  failed: number
}

async function runFile(path: string): Promise<Outcome> {
  const { code, text } = await new Promise<{ code: number; text: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(folder, path)],
      {
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', TMPDIR: temporary },
        maxBuffer: 64 << 20,
        timeout: 120_000,
      },
      (error, stdout, stderr) => resolve({ code: error ? 1 : 0, text: stdout + stderr }),
    )
  })
  const count = (name: string) =>
    sum([...text.matchAll(new RegExp(`^ *${name}: +(\\d+)`, 'gm'))].map((m) => Number(m[1])))
  const total = count('Total')
  const passed = count('Passed')
  const bad = code !== 0 || total === 0 || count('Skipped') > 0 || passed !== total
  process.stdout.write(`${bad ? 'FAIL' : 'ok  '} ${path}  ${passed}/${total}\n`)
  if (bad) process.stdout.write(`${text.trim() || '(no output: was .run() forgotten?)'}\n`)
  return { passed, failed: bad ? Math.max(1, total - passed) : 0 }
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}

const outcomes = await mapPool(files, Math.max(2, availableParallelism()), runFile)
const passed = sum(outcomes.map((outcome) => outcome.passed))
const failed = sum(outcomes.map((outcome) => outcome.failed)) + (files.length === 0 ? 1 : 0)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 ? 1 : 0
