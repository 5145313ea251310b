import { resolve } from 'node:path'
import { openDelta } from '../../../bundles/delta/open.ts'
import { blobsOf } from '../../../bundles/diff.ts'
import { fingerprint, readPublicKey } from '../../../bundles/keys.ts'
import { describeContents } from '../../../bundles/read/describe.ts'
import { readHead } from '../../../bundles/read.ts'
import { readText } from '../../../lib/files.ts'
import { formatBytes, formatTable } from '../../../lib/output.ts'
import type { Context } from '../../command.ts'
import { inspectDelta } from './delta.ts'
import { writeTransfer } from './transfer.ts'
import { chosenBundle, ofWhat, whoBuilt } from './verify.ts'

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
  const keyPath = options.key && resolve(options.key)
  const key = keyPath ? readPublicKey(await readText(keyPath), keyPath) : undefined
  const delta = await openDelta(path, key, true)
  if (delta)
    try {
      return await inspectDelta(context, delta, key)
    } finally {
      await delta.archive.file.close()
    }
  const head = await readHead(path, key, true)
  await head.archive.file.close()
  const { name, version, tool, builder, built } = head.statement
  const items = describeContents(head)
  const signed = key ? fingerprint(key) : null
  if (out.format === 'json') {
    const { kubernetes, architecture } = head.lock
    const { size, volumes } = head.archive
    out.json({
      kind: 'Bundle',
      path,
      name,
      version,
      id: head.id,
      tool,
      builder: builder ?? null,
      built: built ?? null,
      lock: head.statement.lock.sha256,
      kubernetes: kubernetes ?? null,
      architecture,
      size,
      ...(volumes ? { volumes: volumes.list.sha256.length, missing: volumes.missing } : {}),
      signed,
      items,
      blobs: [...blobsOf(head).keys()],
    })
  } else {
    const volumes = head.archive.volumes ? ` in ${head.archive.volumes.list.sha256.length} volumes` : ''
    out.data(
      `${name} ${version}, ${ofWhat(head.lock)}, ${head.lock.architecture}, ${formatBytes(head.archive.size)}${volumes}, by ${tool}${whoBuilt(head.statement)}`,
    )
    const rows = items.map((item) => [item.kind, item.name, item.version, formatBytes(item.size), item.digest])
    out.data(formatTable(['KIND', 'NAME', 'VERSION', 'SIZE', 'DIGEST'], rows))
  }
  for (const missing of head.archive.volumes?.missing ?? []) out.warn(`${missing} is not here`)
  if (signed)
    out.note(`signed by sha256:${signed}; the bytes of the blobs were not read: redoubt bundle verify does that`)
  else out.warn('the signature was NOT checked: name the public key with --key to check it')
  return 0
}
