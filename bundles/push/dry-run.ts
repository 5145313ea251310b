// What a push would do now: the same questions, in the same order, and nothing is sent.
import { mapPool } from '../../lib/pool.ts'
import type { Client } from '../registry/client.ts'
import { retrying } from '../registry/retry.ts'
import type { PlannedManifest, PushPlan } from './plan.ts'
import { asker, blobIsThere, manifestIsThere, placeOf } from './push.ts'
import { notedAs, stopped } from './upload.ts'
import type { Uploads } from './uploads.ts'

export interface PushStep {
  /** `mount`: another repository of the registry has it by then; a registry that does not mount gets it sent. */
  todo: 'send' | 'mount' | 'nothing'
  kind: 'blob' | 'manifest'
  repository: string
  /** The digest, or of a manifest the tag. */
  what: string
  /** Bytes. */
  size: number
}

/**
 * What a push would do with everything of a plan, in the plan's order, `jobs` questions at a time; of a blob that was on its way before, what
 * is left to send. Throws as push() does.
 */
export async function planSteps(
  client: Client,
  registry: string,
  plan: PushPlan,
  jobs: number,
  uploads?: Uploads,
): Promise<PushStep[]> {
  const ask = <T>(part: { repository: string; digest: string }, question: () => Promise<T>) =>
    retrying(placeOf(registry, part), client.retry, question)
  const haves = await mapPool(plan.blobs, jobs, async (blob) => {
    if (await ask(blob, () => blobIsThere(client, registry, blob))) return blob.entry.size
    const noted = notedAs(uploads, placeOf(registry, blob), blob.entry)
    const before =
      noted &&
      (await ask(blob, () => stopped(asker(client, registry, blob.repository), blob.entry, noted, client.retry)))
    return before?.have
  })
  const known = new Set<string>()
  const blobs = plan.blobs.map(({ repository, digest, entry }, index): PushStep => {
    const have = haves[index]
    const todo = have === entry.size ? 'nothing' : have === undefined && known.has(digest) ? 'mount' : 'send'
    known.add(digest)
    const size = todo === 'send' ? entry.size - (have ?? 0) : entry.size
    return { todo, kind: 'blob', repository, what: digest, size }
  })
  const manifests = await mapPool(plan.manifests, jobs, async (manifest): Promise<PushStep> => {
    const { repository, reference, entry, instead } = manifest
    const isThere = (one: PlannedManifest) => ask(one, () => manifestIsThere(client, registry, one))
    // A registry that took one platform's manifest in the place of an index has what it takes.
    const done = (await isThere(manifest)) || (instead !== undefined && (await isThere(instead)))
    return { todo: done ? 'nothing' : 'send', kind: 'manifest', repository, what: reference, size: entry.size }
  })
  return [...blobs, ...manifests]
}
