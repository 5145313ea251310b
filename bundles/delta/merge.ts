import type { KeyObject } from 'node:crypto'
import { dirname } from 'node:path'
import { requireSpace } from '../../lib/disk.ts'
import { fail } from '../../lib/errors.ts'
import { throwIfAborted } from '../../lib/exec.ts'
import { exists, writeWhole } from '../../lib/files.ts'
import { clearLeftovers, temporaryName } from '../../lib/leftovers.ts'
import type { DeltaList } from '../format/delta.ts'
import { readAt } from '../read/archive.ts'
import { placesOf } from '../read/places.ts'
import { checkStructure, type SignedEntry } from '../read/verify.ts'
import { type BundleHead, readChecked, readHead } from '../read.ts'
import type { Base } from './join.ts'
import { type Delta, headOfDelta } from './open.ts'

interface MergeOptions {
  key: KeyObject
  onProgress: (done: number, total: number) => void
  signal: AbortSignal
}

/**
 * Writes the whole bundle of a delta and its base to `target`: the very bytes of a build without delta, each read and hashed once. That the base
 * is the right one, has everything and that every header is in its place is known before anything is written; what was damaged is found on
 * its way, and nothing appears. Throws `usage` for another base or a target that is there, `integrity` for damage, `failed` for a full disk.
 */
export async function mergeDelta(
  delta: Delta,
  base: string,
  target: string,
  options: MergeOptions,
): Promise<BundleHead> {
  const { key, signal } = options
  if (await exists(target)) fail('usage', 'is already there', { where: target, hint: 'Name another file with --to.' })
  // No key: that its statement is the one that the signed list names says more than a signature.
  const baseHead = await readHead(base, undefined)
  try {
    const head = await headOfDelta(delta, baseOf(baseHead, delta.list), key)
    const entries = await checkStructure(head)
    await clearLeftovers(target)
    await requireSpace(dirname(target), head.archive.size, 'the bundle')
    await writeWhole(target, temporaryName(target), 0o644, async (file) => {
      let done = 0
      for await (const chunk of bytesOf(head, entries)) {
        throwIfAborted(signal)
        await file.writeFile(chunk)
        done += chunk.length
        options.onProgress(done, head.archive.size)
      }
    })
    return head
  } finally {
    await baseHead.archive.file.close()
  }
}

/** Where a base has what a delta needs. Throws unless it is that base, and has all of it. */
function baseOf(head: BundleHead, { base, needs }: DeltaList): Base {
  const { archive, statement, id } = head
  const { path } = archive
  if (id !== base.bundle)
    fail('usage', `is ${statement.name} ${statement.version}, id ${id.slice(0, 12)}`, {
      where: path,
      hint: `The delta needs ${base.name} ${base.version}, id ${base.bundle.slice(0, 12)}: name that bundle with --base.`,
    })
  const places = placesOf(head)
  const lacking = needs.filter(({ sha256, size }) => places.get(sha256)?.size !== size)
  if (lacking.length > 0)
    fail(
      'integrity',
      `lacks ${lacking[0]?.path}${lacking.length > 1 ? ` and ${lacking.length - 1} more` : ''}, which the delta needs`,
      {
        where: path,
        hint: 'The inventory that the delta was made by was not this bundle’s: make the delta again, by its own.',
      },
    )
  const cut = needs.find(({ sha256, size }) => (places.get(sha256)?.offset ?? 0) + size > archive.size)
  if (cut)
    fail('integrity', `ends at byte ${archive.size}, before or in ${cut.path}, which the delta needs`, {
      where: path,
      hint: 'The base is truncated: `redoubt bundle repair` mends it from another copy.',
    })
  return { file: archive.file, path, offsetOf: (sha256) => places.get(sha256)?.offset }
}

/** Every byte of a bundle; what the contents vouch for is hashed on its way, and damage thrown. */
async function* bytesOf(head: BundleHead, entries: readonly SignedEntry[]): AsyncGenerator<Buffer> {
  const { archive } = head
  let done = 0
  for (const entry of [...entries, { offset: archive.size, size: 0 }]) {
    for (; done < entry.offset; ) {
      const chunk = await readAt(archive, done, Math.min(1 << 20, entry.offset - done), 'the bundle')
      yield chunk
      done += chunk.length
    }
    if ('sha256' in entry) yield* readChecked(head, entry)
    done = entry.offset + entry.size
  }
}
