import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { oci } from '../../../bundles/format/names.ts'
import { writeIndex } from '../../../bundles/format/oci-index.ts'
import { type Blob, bytesBlob } from '../../../bundles/format/parts.ts'
import { produce } from '../../../bundles/produce/produce.ts'
import { type Repaired, repairBundle } from '../../../bundles/repair/repair.ts'
import { lockText } from '../../../cluster/lock.ts'
import { fail } from '../../../lib/errors.ts'
import { hexOf } from '../../../lib/hash.ts'
import { countOf, formatBytes, formatTable } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'
import { readVerifyKey, verifyWhole } from './chosen.ts'
import { setUp } from './make/setup.ts'

interface Options {
  file: string
  from: string[]
  fromCache: boolean
  key: string | undefined
  dryRun: boolean
}

/** Mends a bundle in place from other copies, then checks every byte of it. */
export async function repair(context: Context, options: Options): Promise<number> {
  const { out, signal } = context
  if (options.from.length === 0 && !options.fromCache)
    fail('usage', 'repair needs another copy', { hint: 'Name one with --from COPY, or say --from-cache.' })
  const path = resolve(options.file)
  const key = await readVerifyKey(context, options.key)
  const jobs = availableParallelism()
  const repaired = await out.step(`repair ${path}`, async (report) => {
    let done = 0
    const onBytes = (count: number) => {
      done += count
      report.status(`${formatBytes(done)} read and written`)
    }
    const from = options.from.map((copy) => resolve(copy))
    const further = async () => (options.fromCache ? await cachedBlobs(context) : new Map<string, Blob>())
    const result = await repairBundle(path, from, { key, jobs, dryRun: options.dryRun, further, onBytes, signal })
    report.detail(summaryOf(result, options.dryRun))
    return result
  })
  const { parts, lost } = repaired
  if (out.format === 'json') out.json({ kind: 'BundleRepaired', path, dryRun: options.dryRun, ...repaired })
  else if (parts.length + lost.length > 0)
    out.data(
      formatTable(
        ['PART', 'SIZE', options.dryRun ? 'CAN BE TAKEN FROM' : 'MENDED FROM', 'OF'],
        [...parts, ...lost.map((part) => ({ ...part, from: 'no copy has it' }))].map((part) => [
          part.path,
          part.size > 0 ? formatBytes(part.size) : '-',
          part.from,
          // The last column is the one that is wrapped: a layer may be of many images.
          part.of ?? '-',
        ]),
      ),
    )
  if (lost.length > 0)
    fail('integrity', `damaged in every copy: ${countOf(lost.length, 'part')}`, {
      where: path,
      hint: `Run again with a further copy (--from), or on the connected side with --from-cache.${options.dryRun ? '' : ' What was mended stays.'}`,
    })
  if (options.dryRun) return 0
  await verifyWhole(context, path, key)
  return 0
}

function summaryOf({ parts, lost }: Repaired, dryRun: boolean): string {
  if (parts.length + lost.length === 0) return 'nothing is damaged'
  const sum = parts.reduce((total, { size }) => total + size, 0)
  const left = lost.length > 0 ? `; ${lost.length} in no copy` : ''
  return `${countOf(parts.length, 'part')} ${dryRun ? 'to mend' : 'mended'}, ${formatBytes(sum)}${left}`
}

/** What this workspace's bundle is made of, from the cache or anew from the sources, by SHA-256 (hex). */
async function cachedBlobs(context: Context): Promise<Map<string, Blob>> {
  const { blobs, images, lock, fetch } = await produce(await setUp(context, { jobs: undefined, update: false }))
  await fetch()
  const small = [bytesBlob(oci.layout), bytesBlob(writeIndex(images)), bytesBlob(lockText(lock))]
  return new Map([...blobs, ...small].map((blob) => [hexOf(blob.digest), blob]))
}
