import { resolve } from 'node:path'
import { diffBundles, readSide, type Side } from '../../../bundles/diff.ts'
import { type Difference, inJson } from '../../../bundles/lock-diff.ts'
import { countOf, formatBytes, formatTable } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'
import { readNamedKey } from './chosen.ts'

interface Options {
  before: string
  after: string
  key: string | undefined
}

/** Shows what is other in a second bundle or lock. That they differ is no failure: exit code 0. */
export async function diff(context: Context, options: Options): Promise<number> {
  const { out } = context
  const key = await readNamedKey(context, options.key)
  const before = await readSide(resolve(options.before), key)
  const after = await readSide(resolve(options.after), key)
  const { differences, blobs } = diffBundles(before, after)
  if (out.format === 'json')
    out.json({
      kind: 'BundleDiff',
      before: summaryOf(before),
      after: summaryOf(after),
      differences: differences.map((entry) => inJson({ ...entry, what: nameOf(entry) })),
      blobs: blobs ?? null,
      signaturesChecked: key !== undefined,
    })
  else if (differences.length > 0)
    out.data(
      formatTable(
        ['CHANGE', 'KIND', 'NAME', 'BEFORE', 'AFTER'],
        differences.map((entry) => [entry.change, entry.kind, nameOf(entry), entry.before, entry.after]),
      ),
    )
  out.note(differences.length === 0 ? 'the same parts' : countOf(differences.length, 'difference'))
  if (blobs) out.note(`${countOf(blobs.count, 'blob')}, ${formatBytes(blobs.size)}, are in the second alone`)
  else out.note('blobs are counted between two bundles: a lock does not name the layers of images that redoubt makes')
  if (!key && (before.head || after.head))
    out.warn('no signature was checked: name the public key with --key to check them')
  return 0
}

/** The name without the kind, which stands beside it. */
function nameOf({ kind, what }: Difference): string {
  return what.startsWith(`${kind} `) ? what.slice(kind.length + 1) : what
}

function summaryOf({ path, head }: Side) {
  if (!head) return { path, kind: 'Lock' }
  const { name, version } = head.statement
  return { path, kind: 'Bundle', name, version, id: head.id }
}
