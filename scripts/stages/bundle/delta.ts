import type { KeyObject } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { type Delta, headOfDelta } from '../../../bundles/delta/open.ts'
import { verifyDelta } from '../../../bundles/delta/verify.ts'
import { fingerprint } from '../../../bundles/keys.ts'
import { describeContents } from '../../../bundles/read/describe.ts'
import { countOf, formatBytes } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'
import { noteSignature, tableOf } from './words.ts'

/** Checks every byte that a delta carries, as a step of its own. */
export async function verifyDeltaStep({ out, signal }: Context, delta: Delta, key: KeyObject): Promise<void> {
  const { path, size } = delta.archive
  await out.step(`verify ${path}`, async (report) => {
    await verifyDelta(delta, key, { jobs: availableParallelism(), onProgress: report.progress, signal })
    report.detail(`${formatBytes(size)}, all as signed`)
  })
}

/** Checks what a delta carries, and says that it is no bundle yet. */
export async function verifyDeltaOf(context: Context, delta: Delta, key: KeyObject): Promise<number> {
  const { out } = context
  await verifyDeltaStep(context, delta, key)
  if (out.format === 'json') out.json({ ...summaryOf(delta), kind: 'BundleDeltaVerified', key: fingerprint(key) })
  else out.data(`${titleOf(delta)}, signed by sha256:${fingerprint(key)}`)
  out.note(nextOf(delta))
  return 0
}

/** Shows what the bundle will hold that a delta makes, and what it needs for that. */
export async function inspectDelta({ out }: Context, delta: Delta, key: KeyObject | undefined): Promise<number> {
  const head = await headOfDelta(delta, undefined, key)
  const items = describeContents(head)
  const missing = delta.archive.volumes?.missing ?? []
  if (out.format === 'json')
    out.json({ ...summaryOf(delta), tool: head.statement.tool, missing, signed: key ? fingerprint(key) : null, items })
  else {
    out.data(`${titleOf(delta)}, by ${head.statement.tool}`)
    out.data(tableOf(items))
  }
  for (const volume of missing) out.warn(`${volume} is not here`)
  out.note(nextOf(delta))
  noteSignature(out, key)
  return 0
}

function summaryOf({ archive, list }: Delta) {
  const { name, version, bundle, base, needs } = list
  return {
    kind: 'BundleDelta',
    path: archive.path,
    name,
    version,
    id: bundle,
    size: archive.size,
    merged: list.size,
    base: { name: base.name, version: base.version, id: base.bundle },
    needs: needs.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
  }
}

function titleOf({ archive, list }: Delta): string {
  const { name, version, base } = list
  const of = `delta of ${name} ${version} against ${base.name} ${base.version}, id ${base.bundle.slice(0, 12)}`
  return `${of}: ${formatBytes(archive.size)} of ${formatBytes(list.size)}`
}

function nextOf({ archive, list }: Delta): string {
  const size = list.needs.reduce((sum, need) => sum + need.size, 0)
  return `the other ${countOf(list.needs.length, 'blob')}, ${formatBytes(size)}, are those of the base: redoubt bundle merge ${basename(archive.path)} --base FILE`
}
