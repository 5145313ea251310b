import type { KeyObject } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fail, RedoubtError } from '../../lib/errors.ts'
import { ensureFolder, exists, throwWriteError, writeAtomic } from '../../lib/files.ts'
import { clearLeftovers, temporaryName } from '../../lib/leftovers.ts'
import { withLock } from '../../lib/lock.ts'
import { formatBytes } from '../../lib/output.ts'
import type { Evidence } from '../verify/evidence.ts'
import { cklb } from './formats/cklb.ts'
import { page } from './formats/html/page.ts'
import { junit } from './formats/junit.ts'
import { oscal } from './formats/oscal.ts'
import { prometheus } from './formats/prometheus.ts'
import { sarif } from './formats/sarif.ts'
import { manifestName, manifestOf, signatureName, signManifest } from './manifest.ts'
import { listRuns, runName } from './runs.ts'

/** More bytes than the files of a run take, all copies counted. */
const room = 8 << 20

/** What is made of a run's results, by file name. */
function evidenceFiles(evidence: Evidence): Record<string, string> {
  return {
    'results.json': `${JSON.stringify(evidence, null, 2)}\n`,
    'report.html': page(evidence),
    'junit.xml': junit(evidence),
    'results.sarif': sarif(evidence),
    'oscal-assessment-results.json': oscal(evidence),
    'checklist.cklb': cklb(evidence),
  }
}

export interface EvidenceFolder {
  /** Keeps a run: its folder appears whole or not at all, then the copies beside it follow. Returns the run's folder. */
  write(evidence: Evidence): Promise<string>
}

/**
 * Gives `work` an evidence folder that can be written, and that nobody else writes: verify asks before it touches the cluster. Throws
 * `failed` when the folder cannot be written, has no room for a run, or another verify is at work. `keep`: how many runs stay at
 * most; without it all do.
 */
export async function withEvidenceFolder<T>(
  folder: string,
  options: { key: KeyObject; now: () => Date; keep?: number | undefined; write?: typeof writeAtomic },
  work: (evidence: EvidenceFolder) => Promise<T>,
): Promise<T> {
  const { key, now, keep, write = writeAtomic } = options
  await ensureFolder(folder)
  return withLock(join(folder, '.lock'), async () => {
    await clearLeftovers(join(folder, 'run'))
    await tryRoom(folder, write)
    await newSecond(folder, now)
    return work({
      write: async (evidence) => {
        const run = await writeRun(folder, evidence, key, write)
        if (keep !== undefined) await prune(folder, basename(run), keep)
        return run
      },
    })
  })
}

/** Runs are named for the second in which they begin: one that would begin in another's second waits for the next. */
async function newSecond(folder: string, now: () => Date): Promise<void> {
  while ((await listRuns(folder)).includes(runName(now().toISOString()))) await setTimeout(20)
}

/** Only writing shows whether there is room: quotas and reserved blocks count too. */
async function tryRoom(folder: string, write: typeof writeAtomic): Promise<void> {
  const trial = temporaryName(join(folder, 'run'))
  try {
    await write(trial, randomBytes(room))
  } catch (error) {
    if (!(error instanceof RedoubtError)) throw error
    fail(error.code, `no run can be kept here: ${error.message}`, {
      where: folder,
      hint: `A run needs up to ${formatBytes(room)}. ${error.hint ?? ''}`.trim(),
      cause: error,
    })
  } finally {
    await rm(trial, { force: true })
  }
}

async function writeRun(
  folder: string,
  evidence: Evidence,
  key: KeyObject,
  write: typeof writeAtomic,
): Promise<string> {
  const files = evidenceFiles(evidence)
  const target = join(folder, runName(evidence.started))
  if (await exists(target))
    fail('failed', 'a run of this second is already here', { where: target, hint: 'Run again.' })
  const temporary = temporaryName(join(folder, 'run'))
  try {
    await mkdir(temporary)
    for (const [name, text] of Object.entries(files)) await write(join(temporary, name), text)
    const manifest = manifestOf(files)
    await write(join(temporary, manifestName), manifest)
    await write(join(temporary, signatureName), signManifest(manifest, key))
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throwWriteError(error, target)
  }
  const copies = { ...files, 'redoubt.prom': prometheus(evidence) }
  for (const [name, text] of Object.entries(copies)) await write(join(folder, name), text)
  return target
}

/**
 * Removes the oldest runs beyond `keep`, the one just written counted. What is named for a later time (a clock was wrong, or somebody
 * made it) neither counts nor goes, and what holds no signed list of files is no run.
 */
async function prune(folder: string, own: string, keep: number): Promise<void> {
  const older: string[] = []
  for (const name of await listRuns(folder))
    if (
      name < own &&
      (await exists(join(folder, name, manifestName))) &&
      (await exists(join(folder, name, signatureName)))
    )
      older.push(name)
  for (const name of older.slice(0, Math.max(0, older.length - keep + 1)))
    await rm(join(folder, name), { recursive: true, force: true })
}
