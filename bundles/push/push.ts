// A bundle's images into a registry (OCI distribution specification v1.1, Push): what is there is skipped, what another repository of it
// has is mounted, the rest is sent from the file. Run again after any failure: it goes on.
import type { IncomingMessage } from 'node:http'
import { mapPool } from '../../lib/pool.ts'
import { type BundleHead, readChecked } from '../read.ts'
import { type Client, type Question, Refused, unlessAbsent } from '../registry/client.ts'
import { discard } from '../registry/http.ts'
import { acceptManifests } from '../registry/manifest.ts'
import { retrying, Transient } from '../registry/retry.ts'
import type { PlannedBlob, PlannedManifest, PushPlan } from './plan.ts'
import { notedAs, placeIn, sendRest, sendWhole, stopped } from './upload.ts'
import type { Uploads } from './uploads.ts'

export interface Pushed {
  /** How many blobs were sent, mounted from another repository, and there already. */
  sent: number
  mounted: number
  there: number
  /** Bytes sent. */
  bytes: number
  /** Tags that name one platform's manifest: the registry takes no index of which platforms are missing. */
  single: PlannedManifest[]
}

/**
 * Pushes a plan, `jobs` blobs at a time; `onBytes` hears of bytes that need not be sent any more, `onManifest` of what the registry has whole.
 * With `uploads` a large blob goes on where it stopped, also after a kill. Throws as retrying does.
 */
export async function push(
  client: Client,
  registry: string,
  head: BundleHead,
  plan: PushPlan,
  jobs: number,
  onBytes: (count: number) => void,
  onManifest: (manifest: PlannedManifest) => void = () => {},
  uploads?: Uploads,
): Promise<Pushed> {
  const pushed: Pushed = { sent: 0, mounted: 0, there: 0, bytes: 0, single: [] }
  const at = new Map<string, string>()
  // One blob of several repositories is sent once; the others mount it, so they wait for it.
  const groups = Map.groupBy(plan.blobs, (blob) => blob.digest)
  const largestFirst = [...groups.values()].sort((a, b) => (b[0]?.entry.size ?? 0) - (a[0]?.entry.size ?? 0))
  await mapPool(largestFirst, jobs, async (group) => {
    for (const blob of group) {
      const { done, bytes } = await retrying(placeOf(registry, blob), client.retry, () =>
        pushBlob(client, registry, head, blob, at.get(blob.digest), uploads),
      )
      pushed[done]++
      pushed.bytes += bytes
      at.set(blob.digest, blob.repository)
      onBytes(blob.entry.size)
    }
  })
  const send = (manifest: PlannedManifest) =>
    retrying(placeOf(registry, manifest), client.retry, () => pushManifest(client, registry, head, manifest))
  for (const manifest of plan.manifests) {
    const { instead } = manifest
    if (!(await unlessRefused(() => send(manifest), instead !== undefined)) && instead) {
      await send(instead)
      pushed.single.push(manifest)
    }
    onManifest(manifest)
  }
  return pushed
}

/** False when a registry refused it, which is an answer only if `allowed`; distribution says 400 of an index whose manifests it lacks. */
async function unlessRefused(work: () => Promise<void>, allowed: boolean): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (allowed && error instanceof Refused && (error.status === 400 || error.status === 404)) return false
    throw error
  }
}

/** Where a part goes, for errors. */
export function placeOf(registry: string, { repository, digest }: { repository: string; digest: string }): string {
  return `${registry}/${repository} ${digest}`
}

async function pushBlob(
  client: Client,
  registry: string,
  head: BundleHead,
  { repository, digest, entry }: PlannedBlob,
  mountFrom: string | undefined,
  uploads: Uploads | undefined,
): Promise<{ done: 'sent' | 'mounted' | 'there'; bytes: number }> {
  const ask = asker(client, registry, repository)
  if (await blobIsThere(client, registry, { repository, digest })) return { done: 'there', bytes: 0 }
  const noted = notedAs(uploads, placeOf(registry, { repository, digest }), entry)
  const before = noted && (await stopped(ask, entry, noted, client.retry))
  if (noted && before) return { done: 'sent', bytes: await sendRest(ask, head, entry, before, noted) }
  const mount = mountFrom ? `?mount=${digest}&from=${encodeURIComponent(mountFrom)}` : ''
  const started = await ask({ path: `blobs/uploads/${mount}`, method: 'POST', headers: { 'content-length': '0' } })
  discard(started)
  if (started.statusCode === 201) return { done: 'mounted', bytes: 0 }
  const place = placeIn(started)
  if (!place) throw new Transient('says no place to send a blob to')
  const sending = noted ? sendRest(ask, head, entry, { place, have: 0 }, noted) : sendWhole(ask, head, entry, place)
  return { done: 'sent', bytes: await sending }
}

/** Sends a manifest, unless its tag names it already. */
async function pushManifest(
  client: Client,
  registry: string,
  head: BundleHead,
  manifest: PlannedManifest,
): Promise<void> {
  const { repository, reference, mediaType, entry } = manifest
  if (await manifestIsThere(client, registry, manifest)) return
  const ask = asker(client, registry, repository)
  const answer = await ask({
    path: `manifests/${reference}`,
    method: 'PUT',
    headers: { 'content-type': mediaType, 'content-length': `${entry.size}` },
    body: readChecked(head, entry),
  })
  discard(answer)
}

/** Whether a repository has a blob. */
export async function blobIsThere(
  client: Client,
  registry: string,
  { repository, digest }: { repository: string; digest: string },
): Promise<boolean> {
  return (await headOf(asker(client, registry, repository), `blobs/${digest}`)) !== undefined
}

/** Whether a tag, or a digest, of a repository names this manifest; one that the registry does not say the digest of counts as another. */
export async function manifestIsThere(
  client: Client,
  registry: string,
  { repository, reference, digest }: PlannedManifest,
): Promise<boolean> {
  const answer = await headOf(asker(client, registry, repository), `manifests/${reference}`)
  return answer?.headers['docker-content-digest'] === digest
}

export type Ask = (question: Omit<Question, 'registry' | 'repository' | 'actions'>) => Promise<IncomingMessage>

/** Asks one repository, as somebody who may push. */
export function asker(client: Client, registry: string, repository: string): Ask {
  return (question) => client.direct({ registry, repository, actions: 'pull,push', ...question })
}

/** The answer to HEAD; undefined when there is nothing. */
async function headOf(ask: Ask, path: string): Promise<IncomingMessage | undefined> {
  const answer = await unlessAbsent(() => ask({ path, method: 'HEAD', headers: { accept: acceptManifests } }))
  // To HEAD there is no body, whatever length it says.
  answer?.resume()
  return answer
}
