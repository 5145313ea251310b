// evidence/: a folder per run, named for the second (UTC) in which it began, and copies of the newest run's files beside them.
import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fail } from '../../lib/errors.ts'
import { byCodeUnit, exists, readText } from '../../lib/files.ts'
import type { Evidence } from '../verify/evidence.ts'
import { resultsProblem } from './results.ts'

const runPattern = /^\d{8}T\d{6}Z$/

/** `2026-11-21T11:14:15.123Z` -> `20261121T111415Z` (ISO 8601, basic format). */
export function runName(started: string): string {
  return started.replaceAll(/[-:]|\.\d+/g, '')
}

/** The names of the folders that are called as runs are, oldest first. */
export async function listRuns(folder: string): Promise<string[]> {
  if (!(await exists(folder))) return []
  const found = await readdir(folder, { withFileTypes: true })
  return found
    .filter((entry) => entry.isDirectory() && runPattern.test(entry.name))
    .map(({ name }) => name)
    .sort(byCodeUnit)
}

/** The folder of a run: `latest`, a run's name, or a path with a slash. Throws `usage`, naming the runs there are. */
export async function findRun(folder: string, word: string): Promise<string> {
  if (word.includes('/')) return resolve(word)
  const runs = await listRuns(folder)
  const name = word === 'latest' ? runs.at(-1) : runs.find((run) => run === word)
  if (name) return join(folder, name)
  return fail('usage', runs.length > 0 ? `there is no run ${word}` : 'there is no run yet', {
    where: folder,
    hint:
      runs.length > 0
        ? `Runs: ${runs.slice(-5).join(', ')} (see \`redoubt evidence list\`).`
        : 'Run `redoubt verify` first.',
  })
}

/** A run's results. Throws `integrity` when they are none, or of another run than the folder is named for. */
export async function readRun(folder: string): Promise<Evidence> {
  const where = join(folder, 'results.json')
  const text = await readText(where)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    fail('integrity', 'is no JSON', { where, cause: error })
  }
  const problem = resultsProblem(value)
  if (problem) fail('integrity', `is no result of verify: ${problem}`, { where })
  const results = value as Evidence
  const name = basename(folder)
  if (runPattern.test(name) && runName(results.started) !== name)
    fail('integrity', `is of the run ${runName(results.started)}, in the folder of another`, { where })
  return results
}
