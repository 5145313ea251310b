import { join } from 'node:path'
import type { Bundle } from '../../../bundles/read.ts'
import type { TreeEntry } from '../../../cluster/files.ts'
import type { Workspace } from '../../../cluster/workspace.ts'
import { fail } from '../../../lib/errors.ts'
import { readBytes, readText } from '../../../lib/files.ts'
import { sha256 } from '../../../lib/hash.ts'
import { addSecret } from '../../../lib/redact.ts'

/** Opens the bytes of a file. */
export type Source = () => Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>>

/**
 * Where the bytes of a tree's file come from: `rendered/`, `keys/`, or the bundle. Small files are read and checked against the
 * tree when they are opened; a blob is checked in flight by the bundle. Throws `usage` when they are not what was rendered.
 */
export function fileSource(workspace: Workspace, node: string, entry: TreeEntry, bundle: Pick<Bundle, 'blob'>): Source {
  const { from, path } = entry
  switch (from.kind) {
    case 'text':
      return async () => [checked(await readBytes(join(workspace.rendered, node, path), stale), entry)]
    case 'template':
      return async () => {
        let text = await readText(join(workspace.rendered, node, path), stale)
        for (const ref of from.refs) {
          const secret = (await readText(join(workspace.keys, ref), stale)).trim()
          addSecret(secret)
          text = text.replaceAll(`{{${ref}}}`, () => secret)
        }
        return [checked(Buffer.from(text), entry)]
      }
    case 'secret':
      return async () => [checked(await readBytes(join(workspace.keys, from.ref), stale), entry)]
    case 'blob':
      return async () => bundle.blob(`sha256:${entry.sha256}`)
  }
}

const stale = 'Run `redoubt render`: what was rendered is not what is there now.'

function checked(bytes: Buffer, entry: TreeEntry): Buffer {
  if (sha256(bytes) === entry.sha256) return bytes
  return fail('usage', 'is not what was rendered', { where: entry.path, hint: stale })
}
