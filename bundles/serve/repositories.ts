import * as v from 'valibot'
import { hasTag, ownImages } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { byCodeUnit } from '../../lib/files.ts'
import { limits, oci } from '../format/names.ts'
import { blobsOfManifest } from '../format/oci-index.ts'
import type { ContentsEntry } from '../format/statement.ts'
import { blobEntry } from '../read/places.ts'
import { type BundleHead, readChecked } from '../read.ts'
import { mediaTypes } from '../registry/manifest.ts'
import { parseReference } from '../registry/reference.ts'

/** A manifest as it is served. */
export interface ServedManifest {
  digest: string
  mediaType: string
  size: number
  /** Its config and layers, by digest; of an index none. */
  blobs: readonly string[]
  /** What it refers to, and as what: for the referrers API. */
  subject?: string
  artifactType?: string
}

/** A repository: its manifests by digest, and which of them its tags name. */
export interface Repository {
  manifests: Map<string, ServedManifest>
  tags: Map<string, string>
}

export interface Served {
  /** By whole name: each once. */
  whole: Map<string, Repository>
  /** By each name that finds it. */
  repositories: Map<string, Repository>
  /** Indexes of which not every platform is carried: the manifests that are. */
  partial: Map<string, string[]>
  /** The blobs of images, manifests too, by digest. */
  blobs: Map<string, ContentsEntry>
}

/**
 * What a bundle's images are to a registry's clients. Each stands under its whole name (`docker.io/library/nginx`, a port's colon as
 * `_`), and under its path alone (`library/nginx`) where only one registry has that: so a mirror's clients find it too. Every manifest is
 * read and checked. Throws `integrity`.
 */
export async function readRepositories(head: BundleHead): Promise<Served> {
  const whole = new Map<string, Repository>()
  const served: Served = { whole, repositories: new Map(), partial: new Map(), blobs: new Map() }
  for (const image of imagesOf(head)) {
    if (!blobEntry(head, image.digest)) continue
    const { registry, repository, tag } = parseReference(image.name)
    const name = `${registry.replace(':', '_')}/${repository}`
    const place = whole.get(name) ?? { manifests: new Map(), tags: new Map() }
    whole.set(name, place)
    await addManifest(head, served, place, image)
    if (tag) place.tags.set(tag, image.digest)
    for (const artifact of image.artifacts) {
      await addManifest(head, served, place, artifact)
      if (artifact.tag) place.tags.set(artifact.tag, artifact.digest)
    }
  }
  const short = new Map<string, Repository[]>()
  for (const [name, repository] of whole) {
    served.repositories.set(name, repository)
    const path = name.slice(name.indexOf('/') + 1)
    short.set(path, [...(short.get(path) ?? []), repository])
  }
  for (const [path, [first, ...others]] of short)
    if (first && others.length === 0 && !served.repositories.has(path)) served.repositories.set(path, first)
  return served
}

/** A manifest that the lock names. */
type LockedManifest = Omit<ServedManifest, 'blobs' | 'artifactType'>

interface Named extends LockedManifest {
  name: string
  artifacts: readonly (LockedManifest & { tag?: string | undefined })[]
}

/** Our own images and those of others, in the order of their names. */
function imagesOf({ lock }: BundleHead): Named[] {
  const own = ownImages(lock).map((image) => ({ ...image, mediaType: oci.manifest, artifacts: [] }))
  const others = lock.images.map(({ name, digest, size, mediaType, artifacts }) => ({
    // An image that is known by digest alone has no tag: parseReference would say `latest`.
    name: hasTag(name) ? name : `${name}@${digest}`,
    digest,
    size,
    mediaType,
    artifacts: artifacts.map(({ subject, ...rest }) => ({ ...rest, ...(subject ? { subject } : {}) })),
  }))
  // A chart from a registry is an artifact there; what its version has of `+` is `_` in its tag (Helm, pkg/registry).
  const charts = lock.charts.flatMap(({ from, artifact }) =>
    artifact ? [{ ...artifact, name: from.replace('oci://', '').replaceAll('+', '_'), artifacts: [] }] : [],
  )
  return [...own, ...others, ...charts].sort((a, b) => byCodeUnit(a.name, b.name))
}

const typed = v.object({
  artifactType: v.optional(v.string()),
  config: v.optional(v.object({ mediaType: v.string() })),
})
const children = v.object({
  manifests: v.array(v.object({ digest: v.string(), mediaType: v.string(), size: v.number() })),
})

/** Takes in a manifest and what it names; of an index the manifests that are carried. */
async function addManifest(
  head: BundleHead,
  served: Served,
  place: Repository,
  manifest: LockedManifest,
): Promise<void> {
  const entry = blobEntry(head, manifest.digest)
  if (!entry || place.manifests.has(manifest.digest)) return
  const { digest, mediaType, size, subject } = manifest
  const data = await collect(head, entry)
  const where = `${head.archive.path}: ${entry.path}`
  const { blobs } = blobsOfManifest(data, where)
  const value: unknown = JSON.parse(data.toString('utf8'))
  const { artifactType, config } = v.parse(typed, value)
  const type = artifactType ?? config?.mediaType
  served.blobs.set(digest, entry)
  place.manifests.set(digest, {
    digest,
    mediaType,
    size,
    blobs: blobs.map((blob) => blob.digest),
    ...(subject ? { subject, ...(type ? { artifactType: type } : {}) } : {}),
  })
  for (const blob of blobs) {
    const found = blobEntry(head, blob.digest)
    if (!found) fail('integrity', `names ${blob.digest}, which the bundle does not hold`, { where })
    served.blobs.set(blob.digest, found)
  }
  if (mediaType !== mediaTypes.ociIndex && mediaType !== mediaTypes.dockerList) return
  const named = v.parse(children, value).manifests
  const carried = named.filter((child) => blobEntry(head, child.digest))
  if (carried.length < named.length)
    served.partial.set(
      digest,
      carried.map((child) => child.digest),
    )
  for (const child of carried) await addManifest(head, served, place, child)
}

async function collect(head: BundleHead, entry: ContentsEntry): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of readChecked(head, entry)) {
    size += chunk.length
    if (size > limits.manifest) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
