import type { KeyObject } from 'node:crypto'
import { checkBundle, type VerifyOptions } from '../read/verify.ts'
import type { BundleHead } from '../read.ts'
import { type Delta, headOfDelta } from './open.ts'

/** Checks every byte that a delta carries, and that with what it leaves out it is a whole bundle. Throws `integrity`. */
export async function verifyDelta(delta: Delta, key: KeyObject, options: VerifyOptions): Promise<BundleHead> {
  const head = await headOfDelta(delta, undefined, key)
  const leftOut = new Set(delta.list.needs.map(({ path }) => path))
  await checkBundle(head, options, ({ path }) => !leftOut.has(path))
  return head
}
