// Images from registries: a name becomes digests, and these become blobs in the cache.
import { blobsOfImage, type LockedArtifact, type LockedImage } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { byCodeUnit } from '../../lib/files.ts'
import { inBrief } from '../../lib/plain.ts'
import { mapPool } from '../../lib/pool.ts'
import type { Cache } from '../cache.ts'
import { type BlobRef, eachOnce } from '../format/parts.ts'
import { type BlobSource, fetchBlob } from '../registry/blob.ts'
import { type Client, unlessAbsent } from '../registry/client.ts'
import {
  type Descriptor,
  descriptorOf,
  type IndexEntry,
  type Manifest,
  manifestLimit,
  matchesPlatform,
  mediaTypes,
  parseManifest,
  platformOf,
} from '../registry/manifest.ts'
import { askPages } from '../registry/pages.ts'
import type { Slot } from '../registry/partial.ts'
import { formatReference, parseReference, type Reference } from '../registry/reference.ts'
import { requireSpaceFor } from '../registry/space.ts'
import { type Found, readManifest } from './image-manifest.ts'
import { type Asked, naming } from './naming.ts'

/** An image that is to be carried. */
export interface WantedImage {
  name: string
  /** `linux/amd64`; of an index these are carried, and the index as it is. */
  platforms: readonly string[]
  /** Signatures, SBOMs and attestations too: what refers to it, and cosign's tags. */
  artifacts: boolean
  /** Where it is named: `redoubt.yaml:12:9`. */
  where?: string | undefined
}

/**
 * What an image is now, to the byte: its manifests are read into the cache, its layers are not. Throws `failed` for what the registry
 * does not have, or not for a wanted platform, `integrity` for a manifest of another digest.
 */
export async function resolveImage(client: Client, cache: Cache, wanted: WantedImage): Promise<LockedImage> {
  const reference = parseReference(wanted.name, wanted.where)
  const read = (what: string | Descriptor) => readManifest(client, cache, reference, what)
  const root = await read(reference.digest ?? reference.tag ?? 'latest')
  const where = wanted.where ?? wanted.name
  const children = await mapPool(childrenOf(root.manifest, wanted, where), 4, read)
  if (children.some(({ manifest }) => manifest.kind === 'index'))
    fail('failed', `${wanted.name} is an index of indexes, which redoubt does not carry`, { where })
  const manifests = [root, ...children]
  const artifacts = wanted.artifacts ? await findArtifacts(client, cache, reference, manifests) : []
  return {
    name: nameOf(reference),
    ...root.descriptor,
    platforms: root.manifest.kind === 'index' ? [...wanted.platforms] : [],
    artifacts,
    blobs: blobsOf(manifests),
  }
}

/** What is being written out of blobs while they come. */
export interface Target {
  /** Where in it a blob goes; undefined for one that it does not want: that is not fetched. */
  slotOf(digest: string): Slot | undefined
  /** Whether the cache keeps them too. */
  keep: boolean
}

/**
 * Fetches every blob of images, each once, `connections` at a time, into the cache or a target. `onBytes` hears how many bytes of all there are
 * now, `onImage` of each image when all of it is there. Returns the digests of what is in the target: what the cache had is not.
 * Throws as fetchBlob does.
 */
export async function collectImages(
  client: Client,
  cache: Cache,
  images: readonly (LockedImage & Asked)[],
  connections: number,
  onBytes: (count: number) => void,
  onImage: (image: LockedImage) => void = () => {},
  target?: Target,
): Promise<ReadonlySet<string>> {
  await mapPool(images, connections, (image) => naming(image, () => readPinned(client, cache, image)))
  const isWanted = ({ digest }: BlobRef) => !target || target.slotOf(digest) !== undefined
  const open = images.map((image) => ({
    image,
    missing: new Set(
      blobsOfImage(image)
        .filter(isWanted)
        .map(({ digest }) => digest),
    ),
  }))
  const onBlob = (digest: string) => {
    for (const { image, missing } of open) if (missing.delete(digest) && missing.size === 0) onImage(image)
  }
  const sources = new Map<string, { blob: BlobRef; from: BlobSource[]; asked: Asked }>()
  for (const image of images) {
    const { registry, repository } = parseReference(image.name)
    for (const blob of blobsOfImage(image).filter(isWanted)) {
      const known = sources.get(blob.digest) ?? { blob, from: [], asked: image }
      known.from.push({ registry, repository })
      sources.set(blob.digest, known)
    }
  }
  // The largest first: the last job to end is then a small one.
  const all = [...sources.values()].sort(
    (a, b) => b.blob.size - a.blob.size || byCodeUnit(a.blob.digest, b.blob.digest),
  )
  const keep = target?.keep ?? true
  if (keep)
    await requireSpaceFor(
      cache,
      all.map(({ blob }) => blob),
    )
  const placed = new Set<string>()
  await mapPool(all, connections, async ({ blob, from, asked }) => {
    const goal = { slot: target?.slotOf(blob.digest), keep }
    if (await naming(asked, () => fetchBlob(client, cache, from, blob, onBytes, goal))) placed.add(blob.digest)
    onBlob(blob.digest)
  })
  return placed
}

/** A registry gives manifests only as such, never as blobs: those that a lock names and that the cache has not are read first. */
async function readPinned(client: Client, cache: Cache, image: LockedImage): Promise<void> {
  const reference = parseReference(image.name)
  const carried = new Set(image.blobs.map(({ digest }) => digest))
  const { manifest } = await readManifest(client, cache, reference, image)
  const children = manifest.kind === 'index' ? manifest.entries.filter(({ digest }) => carried.has(digest)) : []
  for (const entry of children) await readManifest(client, cache, reference, entry)
  for (const entry of image.artifacts) await artifactOf(client, cache, reference, entry)
}

/** The manifests of an index that are wanted. Throws `failed` with what there is when one is not there. */
function childrenOf(manifest: Manifest, wanted: WantedImage, where: string): IndexEntry[] {
  if (manifest.kind === 'image') return []
  const children = wanted.platforms.flatMap((platform) => {
    const found = manifest.entries.filter((entry) => matchesPlatform(entry, platform))
    if (found.length > 0) return found
    const there = manifest.entries.flatMap((entry) => platformOf(entry) ?? [])
    return fail('failed', `${wanted.name} is not made for ${platform}`, {
      where,
      hint: `It is made for ${inBrief(there.join(', '), 1000) || 'no platform at all'}: say \`platforms\`, or take another image.`,
    })
  })
  return few(children, where)
}

/** Each may have megabytes, and they are held at once. Throws `failed` for more than any image has. */
function few<T>(manifests: T[], where: string): T[] {
  if (manifests.length > mostManifests)
    fail('failed', `names ${manifests.length} manifests; at most ${mostManifests} are carried`, { where })
  return manifests
}

const mostManifests = 100
/** Blobs of an image's artifacts: each of them may be an index, and refer to one of many manifests. */
const mostBlobs = 10_000

/** What refers to the manifests: by the referrers API, its fallback tag (distribution-spec, 1.1), and the tags that cosign makes. */
async function findArtifacts(
  client: Client,
  cache: Cache,
  reference: Reference,
  manifests: readonly Found[],
): Promise<LockedArtifact[]> {
  const artifacts: LockedArtifact[] = []
  let blobs = 0
  const add = (artifact: LockedArtifact) => {
    blobs += artifact.blobs.length
    if (blobs > mostBlobs)
      fail('failed', `has artifacts of more than ${mostBlobs} blobs`, {
        where: nameOf(reference),
        hint: 'Say `artifacts: false` for it.',
      })
    artifacts.push(artifact)
  }
  for (const { descriptor } of manifests) {
    for (const entry of await referrersOf(client, reference, descriptor.digest))
      add({ ...(await artifactOf(client, cache, reference, entry)), subject: descriptor.digest })
    const hex = descriptor.digest.replace(':', '-')
    for (const tag of [`${hex}.sig`, `${hex}.att`, `${hex}.sbom`]) {
      const artifact = await unlessAbsent(() => artifactOf(client, cache, reference, tag))
      if (artifact) add({ ...artifact, tag })
    }
  }
  return artifacts
}

/** An artifact; one that is an index (of many platforms' SBOMs, say) with everything that it names. */
async function artifactOf(client: Client, cache: Cache, reference: Reference, what: string | Descriptor) {
  const found = await readManifest(client, cache, reference, what)
  const where = `${reference.registry}/${reference.repository} ${found.descriptor.digest}`
  const entries = found.manifest.kind === 'index' ? few(found.manifest.entries, where) : []
  const children: Found[] = []
  for (const entry of entries) children.push(await readManifest(client, cache, reference, descriptorOf(entry)))
  if (children.some(({ manifest }) => manifest.kind === 'index'))
    fail('failed', 'is an index of indexes, which redoubt does not carry', { where })
  return { ...found.descriptor, blobs: blobsOf([found, ...children]) }
}

async function referrersOf(client: Client, { registry, repository }: Reference, digest: string): Promise<Descriptor[]> {
  const ask = (path: string) =>
    askPages(client, { registry, repository, path, headers: { accept: mediaTypes.ociIndex } }, manifestLimit)
  const pages =
    (await unlessAbsent(() => ask(`referrers/${digest}`))) ??
    (await unlessAbsent(() => ask(`manifests/${digest.replace(':', '-')}`))) ??
    []
  const where = `${registry}/${repository} referrers/${digest}`
  const entries: IndexEntry[] = []
  for (const page of pages) {
    const index = parseManifest(page, mediaTypes.ociIndex, where)
    if (index.kind === 'index') entries.push(...index.entries)
  }
  few(entries, where)
  return entries.map(descriptorOf)
}

/** An image's name in the lock, `docker.io/library/nginx:1.27`; one that was named by digest alone has no tag. */
export function nameOf({ registry, repository, tag }: Reference): string {
  return formatReference({ registry, repository, ...(tag ? { tag } : {}) })
}

/** The blobs of manifests, each once, sorted: themselves, their configs, their layers. */
function blobsOf(manifests: readonly Found[]): BlobRef[] {
  const blobs = manifests.flatMap(({ descriptor, manifest }) =>
    manifest.kind === 'image' ? [descriptor, manifest.config, ...manifest.layers] : [descriptor],
  )
  const plain = blobs.map(({ digest, size }) => ({ digest, size }))
  return eachOnce(plain).sort((a, b) => byCodeUnit(a.digest, b.digest))
}
