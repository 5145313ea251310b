import { openDelta } from '../../../bundles/delta/open.ts'
import { blobsOf } from '../../../bundles/diff.ts'
import { fingerprint } from '../../../bundles/keys.ts'
import { describeContents } from '../../../bundles/read/describe.ts'
import { readHead } from '../../../bundles/read.ts'
import { formatBytes } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'
import { chosenBundle, readKeyIfAny } from './chosen.ts'
import { inspectDelta } from './delta.ts'
import { writeTransfer } from './transfer.ts'
import { identityOf, noteSignature, ofWhat, tableOf, whoBuilt } from './words.ts'

interface Options {
  file: string | undefined
  key: string | undefined
  /** Where the transfer manifest goes: `FILE.txt` or `FILE.html`. */
  manifest: string | undefined
}

/** Shows what a bundle says it holds; with a key, after its signature was checked. */
export async function inspect(context: Context, options: Options): Promise<number> {
  const { out } = context
  const path = await chosenBundle(context, options.file)
  if (options.manifest) return await writeTransfer(context, path, options.key, options.manifest)
  const key = await readKeyIfAny(context, options)
  const delta = await openDelta(path, key, true)
  if (delta)
    try {
      return await inspectDelta(context, delta, key)
    } finally {
      await delta.archive.file.close()
    }
  const head = await readHead(path, key, true)
  await head.archive.file.close()
  const { name, version, tool } = head.statement
  const items = describeContents(head)
  if (out.format === 'json') {
    const { size, volumes } = head.archive
    out.json({
      kind: 'Bundle',
      path,
      ...identityOf(head),
      architecture: head.about.architecture,
      size,
      ...(volumes ? { volumes: volumes.list.sha256.length, missing: volumes.missing } : {}),
      signed: key ? fingerprint(key) : null,
      items,
      blobs: [...blobsOf(head).keys()],
    })
  } else {
    const volumes = head.archive.volumes ? ` in ${head.archive.volumes.list.sha256.length} volumes` : ''
    out.data(
      `${name} ${version}, ${ofWhat(head.about)}, ${head.about.architecture}, ${formatBytes(head.archive.size)}${volumes}, by ${tool}${whoBuilt(head.statement)}`,
    )
    out.data(tableOf(items))
  }
  for (const missing of head.archive.volumes?.missing ?? []) out.warn(`${missing} is not here`)
  noteSignature(out, key)
  return 0
}
