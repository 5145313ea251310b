// What is verified against must stay the same while probes run: what was read first and what is digested last would be two things.
import type { Workspace } from '../../cluster/workspace.ts'
import { fail } from '../../lib/errors.ts'
import { exists, readBytes } from '../../lib/files.ts'
import { sha256 } from '../../lib/hash.ts'
import { type Evidence, folderDigest, unsteady } from './evidence.ts'
import type { ProbeResult } from './fold.ts'

type Inputs = Evidence['inputs']

/** SHA-256 of redoubt.yaml, of the lock and of rendered/. Throws `usage` when one is missing. */
export async function inputDigests({ spec, lock, rendered }: Workspace): Promise<Inputs> {
  if (!(await exists(rendered)))
    fail('usage', 'no such folder', { where: rendered, hint: 'Run `redoubt render` first.' })
  const [specBytes, lockBytes] = await Promise.all([readBytes(spec), readBytes(lock, 'It comes with the bundle.')])
  return { spec: sha256(specBytes), lock: sha256(lockBytes), rendered: await folderDigest(rendered) }
}

/**
 * A result that says what of the inputs is no longer as it was, for the end of a run; nothing when all is. Then the run is no
 * verdict: its answers were judged by what nobody can look up any more.
 */
export async function unsteadyInputs(workspace: Workspace, before: Inputs): Promise<ProbeResult[]> {
  const started = performance.now()
  const after = await inputDigests(workspace).catch(() => undefined)
  const names = { spec: 'redoubt.yaml', lock: 'redoubt.lock.yaml', rendered: 'rendered/' }
  const changed = (Object.keys(names) as (keyof Inputs)[]).filter((input) => after?.[input] !== before[input])
  if (changed.length === 0) return []
  const what = after ? `changed: ${changed.map((input) => names[input]).join(', ')}` : 'can no longer be read'
  return [
    {
      id: unsteady,
      title: 'what is verified against stays the same while probes run',
      group: 'works',
      controls: [],
      outcome: 'not-evaluated',
      why: `the workspace ${what}, while probes ran; verify again when nobody renders`,
      checks: [],
      milliseconds: Math.round(performance.now() - started),
    },
  ]
}
