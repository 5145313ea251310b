import type { KeyObject } from 'node:crypto'
import { resolve } from 'node:path'
import { mergeDelta } from '../../../bundles/delta/merge.ts'
import { openDelta } from '../../../bundles/delta/open.ts'
import { bundleOfDelta } from '../../../bundles/format/delta.ts'
import { readHead } from '../../../bundles/read.ts'
import { fail } from '../../../lib/errors.ts'
import { formatBytes } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'
import { readVerifyKey } from './chosen.ts'

interface Options {
  file: string
  base: string | undefined
  to: string | undefined
  key: string | undefined
}

/** Makes the whole bundle out of a delta and the bundle that it was made against. */
export async function merge(context: Context, options: Options): Promise<number> {
  const { out, signal } = context
  if (!options.base)
    return fail('usage', 'merge needs the base', { hint: 'Name the bundle that is here: --base FILE.' })
  const path = resolve(options.file)
  const base = resolve(options.base)
  const key = await readVerifyKey(context, options.key)
  const delta = await openDelta(path, key)
  if (!delta) return await refuseOther(path, key)
  try {
    const beside = bundleOfDelta(delta.archive.path)
    const target = options.to
      ? resolve(options.to)
      : (beside ?? fail('usage', 'merge needs a name for the bundle', { hint: 'Name one: --to lab-0.2.0.tar.' }))
    const head = await out.step(`merge ${target}`, async (report) => {
      const result = await mergeDelta(delta, base, target, { key, onProgress: report.progress, signal })
      report.detail(`${formatBytes(result.archive.size)}, all as signed`)
      return result
    })
    const { name, version } = head.statement
    if (out.format === 'json')
      out.json({ kind: 'BundleMerged', path: target, name, version, id: head.id, size: head.archive.size, base })
    else out.data(`${target}  id ${head.id}`)
    return 0
  } finally {
    await delta.archive.file.close()
  }
}

/** Something else than a delta: a bundle, of which that is said, or nothing that is signed at all. */
async function refuseOther(path: string, key: KeyObject): Promise<never> {
  const head = await readHead(path, key, true)
  await head.archive.file.close()
  return fail('usage', 'is a whole bundle: there is nothing to merge', { where: path })
}
