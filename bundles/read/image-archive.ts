import { Readable } from 'node:stream'
import * as v from 'valibot'
import { fail } from '../../lib/errors.ts'
import { limits, names, oci } from '../format/names.ts'
import { blobsOfManifest, digestName, type IndexedImage, writeIndex } from '../format/oci-index.ts'
import type { ContentsEntry } from '../format/statement.ts'
import { type BundleHead, readChecked } from '../read.ts'
import { entrySize, paddingOf, tarHeader, trailerSize } from '../tar.ts'
import { blobEntry } from './places.ts'

/** A tar of some of a bundle's images, streamed from it. */
export interface ImageArchive {
  /** Bytes of the stream. */
  size: number
  stream: Readable
}

const indexSchema = v.object({
  manifests: v.array(
    v.object({
      mediaType: v.string(),
      digest: v.string(),
      size: v.number(),
      annotations: v.object({ 'org.opencontainers.image.ref.name': v.string() }),
    }),
  ),
})

/** See Bundle.imageArchive. */
export async function archiveOfImages(head: BundleHead, references: readonly string[]): Promise<ImageArchive> {
  const known = await readImages(head)
  const images = [...new Set(references)].map(
    (reference) =>
      known.find((image) => digestName(image) === reference) ??
      fail('usage', `the bundle holds no image ${reference}`, { where: head.archive.path }),
  )
  const wanted = new Map<string, ContentsEntry>()
  for (const image of images) {
    for (const entry of await entriesOf(head, findBlob(head, image.manifest.digest))) wanted.set(entry.path, entry)
  }
  const entries = [...wanted.values()]
  const small = [
    { path: names.layout, bytes: Buffer.from(oci.layout) },
    { path: names.index, bytes: writeIndex(images) },
  ]
  const size = [...small.map((entry) => entry.bytes.length), ...entries.map((entry) => entry.size)].reduce(
    (sum, length) => sum + entrySize(length),
    trailerSize,
  )
  async function* write(): AsyncGenerator<Uint8Array> {
    for (const { path, bytes } of small) {
      yield tarHeader({ path, type: 'file', mode: 0o644, size: bytes.length })
      yield Buffer.concat([bytes, Buffer.alloc(paddingOf(bytes.length))])
    }
    for (const entry of entries) {
      yield tarHeader({ path: entry.path, type: 'file', mode: 0o644, size: entry.size })
      yield* readChecked(head, entry)
      yield Buffer.alloc(paddingOf(entry.size))
    }
    yield Buffer.alloc(trailerSize)
  }
  return { size, stream: Readable.from(write(), { objectMode: false }) }
}

/** The images that a bundle's index names, each once. Throws `integrity` when the index is not as we write it. */
async function readImages(head: BundleHead): Promise<IndexedImage[]> {
  const entry = head.contents.find((candidate) => candidate.path === names.index)
  const where = `${head.archive.path}: ${names.index}`
  if (!entry) return fail('integrity', 'is missing', { where })
  const data = await collect(head, entry, limits.index)
  const index = v.parse(indexSchema, JSON.parse(data.toString('utf8')))
  const images: IndexedImage[] = []
  for (const { mediaType, digest, size, annotations } of index.manifests) {
    const [name = '', byDigest] = annotations['org.opencontainers.image.ref.name'].split('@')
    // By digest it stands after its tag, if it has one.
    const image = { name, mediaType, manifest: { digest, size } }
    const last = images.at(-1)
    if (byDigest === undefined || !last || digestName(last) !== digestName(image)) images.push(image)
  }
  if (!writeIndex(images).equals(data)) return fail('integrity', 'is not as redoubt writes it', { where })
  return images
}

/**
 * Bytes of every runnable image, by its digest: manifests, configs and layers of what is carried of it. `leftOut`: SHA-256 (hex) of what a delta
 * does not carry; what a manifest among them names is where it is.
 */
export async function imageSizes(head: BundleHead, leftOut: ReadonlySet<string>): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for (const { manifest } of await readImages(head)) {
    const entries = await entriesOf(head, findBlob(head, manifest.digest), leftOut)
    const carried = entries.filter(({ sha256 }) => !leftOut.has(sha256))
    const bytes = new Map(carried.map(({ path, size }) => [path, size]))
    sizes.set(
      manifest.digest,
      [...bytes.values()].reduce((sum, size) => sum + size, 0),
    )
  }
  return sizes
}

/** A manifest and what it names; of an index the manifests that the bundle holds, and what these name. Of one left out nothing. */
async function entriesOf(
  head: BundleHead,
  manifest: ContentsEntry,
  leftOut: ReadonlySet<string> = new Set(),
): Promise<ContentsEntry[]> {
  if (leftOut.has(manifest.sha256)) return []
  const data = await collect(head, manifest, limits.manifest)
  const { blobs, manifests } = blobsOfManifest(data, `${head.archive.path}: ${manifest.path}`)
  const carried = manifests.flatMap(({ digest }) => blobEntry(head, digest) ?? [])
  const below = await Promise.all(carried.map((entry) => entriesOf(head, entry, leftOut)))
  return [manifest, ...blobs.map((blob) => findBlob(head, blob.digest)), ...below.flat()]
}

function findBlob(head: BundleHead, digest: string): ContentsEntry {
  return (
    blobEntry(head, digest) ??
    fail('integrity', `the bundle names a blob that it does not hold: ${digest}`, { where: head.archive.path })
  )
}

async function collect(head: BundleHead, entry: ContentsEntry, limit: number): Promise<Buffer> {
  if (entry.size > limit)
    fail('integrity', `${entry.path} has ${entry.size} bytes; at most ${limit} are believed`, {
      where: head.archive.path,
    })
  const chunks: Buffer[] = []
  for await (const chunk of readChecked(head, entry)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
