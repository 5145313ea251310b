import * as v from 'valibot'
import { fail } from '../../lib/errors.ts'
import { readText } from '../../lib/files.ts'
import { parseJson } from '../../lib/json.ts'
import { blobsOf } from '../diff.ts'
import { hex } from '../format/statement.ts'
import { readHead } from '../read.ts'

/** What a bundle holds, known without its bytes. */
export interface Inventory {
  name: string
  version: string
  /** SHA-256 of its statement, hex. */
  id: string
  /** SHA-256 (hex) of the executable and of every blob. */
  blobs: ReadonlySet<string>
}

/** Of what `bundle inspect -o json` says, that which a delta goes by. */
const inspected = v.object({
  kind: v.literal('Bundle'),
  name: v.string(),
  version: v.string(),
  id: hex,
  blobs: v.array(hex),
})

/**
 * Reads what a delta's base holds: from what `bundle inspect -o json` printed when the name ends in `.json`, else from the base's head, of
 * which volumes may be missing. Nothing of it is believed inside, where the base itself is read. Throws `usage`, and as readHead does.
 */
export async function readInventory(path: string): Promise<Inventory> {
  if (path.endsWith('.json')) return await readInspected(path)
  if (/\.ya?ml$/.test(path))
    fail('usage', 'is no bundle: a delta is made against one, or against its inventory', {
      where: path,
      hint: printOne,
    })
  const head = await readHead(path, undefined, true)
  await head.archive.file.close()
  const { name, version } = head.statement
  return { name, version, id: head.id, blobs: new Set(blobsOf(head).keys()) }
}

const printOne = 'Inside, print one: `redoubt bundle inspect lab-0.1.0.tar -o json > lab-0.1.0.json`.'

async function readInspected(path: string): Promise<Inventory> {
  const result = v.safeParse(inspected, parseJson(await readText(path)))
  if (!result.success)
    return fail('usage', 'is no inventory of a bundle', {
      where: path,
      hint: printOne,
    })
  const { name, version, id, blobs } = result.output
  return { name, version, id, blobs: new Set(blobs) }
}
