// What stays after a verify: evidence/results.json for machines and officers, evidence/junit.xml for pipelines.
import { join } from 'node:path'
import { ensureFolder, listFiles, writeAtomic } from '../../lib/files.ts'
import { sha256, sha256File } from '../../lib/hash.ts'
import { redact } from '../../lib/redact.ts'
import { junit } from '../evidence/formats/junit.ts'
import { type ControlVerdict, foldControls, type ProbeResult } from './fold.ts'
import { type Outcome, outcomes } from './probe.ts'

export interface Evidence {
  apiVersion: 'redoubt.dev/v1alpha1'
  kind: 'VerifyResult'
  cluster: string
  kubernetes: string
  version: string
  started: string
  finished: string
  /** SHA-256 of what was verified against. `rendered`: of the sorted lines `SHA256  PATH` of every rendered file. */
  inputs: { spec: string; lock: string; rendered: string }
  /** Controls that render left out on purpose, and arguments forced past them. */
  off: string[]
  forced: string[]
  /** False when only some probes were asked for. */
  complete: boolean
  summary: Record<Outcome, number>
  controls: ControlVerdict[]
  probes: ProbeResult[]
  /** What could not be removed from the cluster afterwards. */
  leftovers: string[]
}

/** How many probes had each outcome. */
export function countOutcomes(results: readonly { outcome: Outcome }[]): Record<Outcome, number> {
  const counts = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>
  for (const { outcome } of results) counts[outcome]++
  return counts
}

type Given = Omit<Evidence, 'apiVersion' | 'kind' | 'summary' | 'controls'>

/** The evidence of one run. */
export function buildEvidence(given: Given): Evidence {
  return {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'VerifyResult',
    ...given,
    summary: countOutcomes(given.probes),
    controls: foldControls(given.probes),
  }
}

/** Writes both files, each whole or not at all. */
export async function writeEvidence(folder: string, evidence: Evidence): Promise<string[]> {
  await ensureFolder(folder)
  const files = [
    [join(folder, 'results.json'), `${JSON.stringify(evidence, null, 2)}\n`],
    [join(folder, 'junit.xml'), junit(evidence)],
  ] as const
  for (const [path, text] of files) await writeAtomic(path, redact(text))
  return files.map(([path]) => path)
}

/** One digest for a folder: of the sorted lines `SHA256  PATH` of its files. */
export async function folderDigest(folder: string): Promise<string> {
  const lines: string[] = []
  for (const path of await listFiles(folder)) lines.push(`${await sha256File(join(folder, path))}  ${path}\n`)
  return sha256(lines.join(''))
}
