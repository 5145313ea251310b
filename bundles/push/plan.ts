import { fail } from '../../lib/errors.ts'
import { byCodeUnit } from '../../lib/files.ts'
import type { ContentsEntry } from '../format/statement.ts'
import type { Repository, Served } from '../serve/repositories.ts'

/** Where images go: `registry.example:5000`, and a path before every repository. */
interface Target {
  registry: string
  prefix: string
  /** Put images under their registry's name too: `docker.io/library/nginx` in place of `library/nginx`. */
  keepRegistry: boolean
}

export interface PlannedBlob {
  repository: string
  digest: string
  entry: ContentsEntry
}

export interface PlannedManifest {
  repository: string
  /** A tag, or the digest. */
  reference: string
  digest: string
  mediaType: string
  entry: ContentsEntry
  /** Of an index whose only carried manifest this is: what the tag shall name where registries refuse such an index. */
  instead?: PlannedManifest
}

/** What a push sends: blobs in any order, then manifests in this order: what is named before what names it. */
export interface PushPlan {
  blobs: PlannedBlob[]
  manifests: PlannedManifest[]
}

/**
 * What goes where. Throws `usage` when images of two registries would become one repository.
 */
export function planPush(served: Served, target: Target): PushPlan {
  const places = new Map<string, string>()
  const plan: PushPlan = { blobs: [], manifests: [] }
  for (const [name, repository] of [...served.whole].sort(([a], [b]) => byCodeUnit(a, b))) {
    const path = target.keepRegistry ? name : name.slice(name.indexOf('/') + 1)
    const place = [target.prefix, path].filter(Boolean).join('/')
    const other = places.get(place)
    if (other)
      fail('usage', `${other} and ${name} would both become ${target.registry}/${place}`, {
        hint: 'Keep their registries’ names apart with --keep-registry.',
      })
    places.set(place, name)
    addRepository(plan, served, place, repository)
  }
  return plan
}

function addRepository(plan: PushPlan, served: Served, repository: string, { manifests, tags }: Repository): void {
  for (const digest of new Set([...manifests.values()].flatMap((manifest) => manifest.blobs)))
    plan.blobs.push({ repository, digest, entry: entryOf(served, digest) })
  // A manifest was read before its children (serve/repositories.ts): the other way round, each finds what it names.
  for (const { digest, mediaType } of [...manifests.values()].reverse()) {
    const names = [...tags].flatMap(([tag, tagged]) => (tagged === digest ? [tag] : []))
    const [only, ...others] = served.partial.get(digest) ?? []
    const child = only && others.length === 0 ? manifests.get(only) : undefined
    for (const reference of names.length > 0 ? names : [digest]) {
      const planned = { repository, reference, digest, mediaType, entry: entryOf(served, digest) }
      const instead = child && {
        ...planned,
        digest: child.digest,
        mediaType: child.mediaType,
        entry: entryOf(served, child.digest),
      }
      plan.manifests.push({ ...planned, ...(instead && reference !== digest ? { instead } : {}) })
    }
  }
}

function entryOf(served: Served, digest: string): ContentsEntry {
  const entry = served.blobs.get(digest)
  if (!entry) throw new Error(`${digest} is not served`)
  return entry
}
