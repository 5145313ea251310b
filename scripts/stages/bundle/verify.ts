import type { KeyObject } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { openDelta } from '../../../bundles/delta/open.ts'
import { fingerprint } from '../../../bundles/keys.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { verifyVolume } from '../../../bundles/read/verify-volume.ts'
import { formatBytes } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'
import { chosenBundle, readVerifyKey } from './chosen.ts'
import { verifyDeltaOf } from './delta.ts'
import { identityOf, ofWhat, whoBuilt } from './words.ts'

interface Options {
  file: string | undefined
  key: string | undefined
  /** The one volume that FILE is, and no other. */
  volume: boolean
}

/** Checks every byte of a bundle. Needs no workspace when file and key are named. */
export async function verify(context: Context, options: Options): Promise<number> {
  const { out, signal } = context
  const path = await chosenBundle(context, options.file)
  const key = await readVerifyKey(context, options.key)
  if (options.volume) return await verifyOne(context, path, key)
  const delta = await openDelta(path, key)
  if (delta)
    try {
      return await verifyDeltaOf(context, delta, key)
    } finally {
      await delta.archive.file.close()
    }
  const head = await out.step(`verify ${path}`, async (report) => {
    const result = await verifyBundle(path, key, { jobs: availableParallelism(), onProgress: report.progress, signal })
    const count = result.contents.length + result.leading.length
    report.detail(`${count} entries, ${formatBytes(result.archive.size)}, all as signed`)
    return result
  })
  const { name, version } = head.statement
  if (out.format === 'json')
    out.json({
      kind: 'BundleVerified',
      path,
      ...identityOf(head),
      size: head.archive.size,
      key: fingerprint(key),
    })
  else
    out.data(
      `${name} ${version}, ${ofWhat(head.about)}, signed by sha256:${fingerprint(key)}${whoBuilt(head.statement)}`,
    )
  return 0
}

/** Checks one volume, and says that it is no more than one. */
async function verifyOne({ out, signal }: Context, path: string, key: KeyObject): Promise<number> {
  const { list, number } = await out.step(`verify ${path}`, async (report) => {
    const result = await verifyVolume(path, key, { jobs: 1, onProgress: report.progress, signal })
    report.detail(`${formatBytes(result.slice.size)}, all as signed`)
    return result
  })
  const { name, version, bundle } = list
  const of = list.sha256.length
  if (out.format === 'json')
    out.json({
      kind: 'BundleVolumeVerified',
      path,
      name,
      version,
      id: bundle,
      volume: number,
      of,
      key: fingerprint(key),
    })
  else out.data(`volume ${number} of ${of} of ${name} ${version}, id ${bundle}, signed by sha256:${fingerprint(key)}`)
  if (of > 1)
    out.note(`only this volume was checked; the bundle is whole when \`redoubt bundle verify\` passes over all ${of}`)
  return 0
}
