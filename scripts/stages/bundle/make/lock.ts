import { compareLocks, inJson } from '../../../../bundles/lock-diff.ts'
import { produce } from '../../../../bundles/produce/produce.ts'
import { loadLock, lockText } from '../../../../cluster/lock.ts'
import { fail } from '../../../../lib/errors.ts'
import { exists, writeAtomic } from '../../../../lib/files.ts'
import { formatTable } from '../../../../lib/output.ts'
import type { Context } from '../../../command.ts'
import { setUp } from './setup.ts'

interface Options {
  update: boolean
  /** What is to move, of all; without names everything. */
  names: readonly string[]
  jobs: string | undefined
  dryRun: boolean
}

/** Makes the lock, or moves its pins and shows what moved. Everything is built to learn the digests; the cache keeps it. */
export async function lock(context: Context, options: Options): Promise<number> {
  const { out, workspace } = context
  const before = (await exists(workspace.lock)) ? await loadLock(workspace.lock) : undefined
  if (before && !options.update)
    fail('usage', 'is already there', {
      where: workspace.lock,
      hint: '`redoubt bundle build` builds exactly it. To pin what redoubt.yaml has new, or move pins to what is current: `redoubt bundle lock --update [NAME...]`.',
    })
  const { names, jobs } = options
  if (names.length > 0 && !options.update) fail('usage', `${names[0]}: names say what is to move, which wants --update`)
  const { lock: after, fetch } = await produce(await setUp(context, { jobs, update: true, names }))
  await fetch()
  const differences = before ? compareLocks(before, after) : []
  if (!options.dryRun) await writeAtomic(workspace.lock, lockText(after))
  if (out.format === 'json')
    out.json({
      kind: 'LockChanges',
      path: workspace.lock,
      new: !before,
      dryRun: options.dryRun,
      differences: differences.map(inJson),
    })
  else if (differences.length > 0)
    out.data(
      formatTable(
        ['MOVED', 'FROM', 'TO'],
        differences.map((entry) => [entry.what, entry.before, entry.after]),
      ),
    )
  if (!before) out.note(options.dryRun ? 'would write a new lock' : `${workspace.lock} is new`)
  else if (differences.length === 0) out.note('nothing moved')
  if (!options.dryRun) out.note('next: redoubt bundle build')
  return 0
}
