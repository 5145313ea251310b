import { dirname, resolve } from 'node:path'
import { extractPart } from '../../../bundles/extract/extract.ts'
import { chooseParts, partsOf } from '../../../bundles/extract/parts.ts'
import { readHead } from '../../../bundles/read.ts'
import { requireSpace } from '../../../lib/disk.ts'
import { fail } from '../../../lib/errors.ts'
import { exists } from '../../../lib/files.ts'
import { countOf, formatBytes } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'
import { readVerifyKey } from './chosen.ts'

interface Options {
  file: string
  names: string[]
  to: string | undefined
  key: string | undefined
  force: boolean
}

/** Takes parts out of a bundle into files, each checked before it appears under its name. */
export async function extract(context: Context, options: Options): Promise<number> {
  const { out, signal } = context
  if (!options.to) return fail('usage', 'extract needs a folder', { hint: 'Name one with --to DIR.' })
  const to = resolve(options.to)
  const key = await readVerifyKey(context, options.key)
  const head = await readHead(resolve(options.file), key)
  try {
    const parts = chooseParts(partsOf(head), options.names)
    const sizes = await Promise.all(parts.map(async (part) => (await part.open()).size))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    await requireSpace(await nearestFolder(to), total, 'what is to be extracted')
    const extracted = await out.step(`extract to ${to}`, async (report) => {
      let done = 0
      const onBytes = (count: number) => {
        done += count
        report.progress(done, total)
      }
      const results: { path: string; written: boolean }[] = []
      for (const part of parts) results.push(await extractPart(part, { to, force: options.force, onBytes, signal }))
      const there = results.filter(({ written }) => !written).length
      report.detail(
        `${countOf(parts.length, 'part')}, ${formatBytes(done)}${there > 0 ? `; ${there} there already` : ''}`,
      )
      return results
    })
    if (out.format === 'json') out.json({ kind: 'BundleExtracted', to, files: extracted })
    else for (const { path } of extracted) out.data(path)
    return 0
  } finally {
    await head.archive.file.close()
  }
}

/** The folder, or where it will be made. */
async function nearestFolder(folder: string): Promise<string> {
  return (await exists(folder)) ? folder : await nearestFolder(dirname(folder))
}
