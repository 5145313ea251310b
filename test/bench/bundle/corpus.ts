// Twelve images that share layers: some of 500 MB, thousands of small ones; put where distribution's registry keeps its blobs.
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { oci } from '../../../bundles/format/names.ts'
import { digestOf, hexOf } from '../../../lib/hash.ts'
import { mapPool } from '../../../lib/pool.ts'
import { type Layer, makeLayer } from './layers.ts'

export interface Corpus {
  seed: number
  gib: number
  /** `images/one`; all have the tag `1`. */
  repositories: string[]
  /** Each once: manifests, configs, layers. */
  blobs: Record<string, number>
}

const images = 12

/**
 * What layers there are for `gib` GiB: kind, bytes, and which images have them. At 4: 6 of 500 MB that two images share, 2 of 40 MB that all
 * have, 24 of 20 MB, and 3000 of 4 to 256 KB, every other one shared by two images. Less makes fewer small ones, and smaller others.
 */
function plan(gib: number): { size: number; images: number[] }[] {
  const part = gib / 4
  const all = Array.from({ length: images }, (_, image) => image)
  const range = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index))
  const at = (megabytes: number) => Math.round(megabytes * part * 1e6)
  return [
    ...range(6, (index) => ({ size: at(500), images: [index, index + 6] })),
    ...range(2, () => ({ size: at(40), images: all })),
    ...range(24, (index) => ({ size: at(20), images: [index % images] })),
    ...range(Math.round(3000 * Math.min(1, part)), (index) => ({
      size: 4000 + ((index * 7919) % 252_000),
      images: index % 2 ? [index % images] : [index % images, (index + 5) % images],
    })),
  ]
}

/** Makes the corpus in the storage of a registry (`root`), or finds it there from a run before. */
export async function makeCorpus(root: string, seed: number, gib: number): Promise<Corpus> {
  const note = join(root, 'corpus.json')
  if (existsSync(note)) {
    const known = JSON.parse(readFileSync(note, 'utf8')) as Corpus
    if (known.seed === seed && known.gib === gib) return known
    throw new Error(`${root} has another corpus (seed ${known.seed}, ${known.gib} GiB): remove it first`)
  }
  await mkdir(root, { recursive: true })
  const layers = await mapPool(plan(gib), 2, async (one, index) => ({
    ...one,
    layer: await makeLayer(seed, index, one.size, join(root, `layer.${index}`), (digest) => blobFile(root, digest)),
  }))
  const blobs: Corpus['blobs'] = {}
  const repositories: string[] = []
  for (let image = 0; image < images; image++) {
    const repository = `images/number${image + 1}`
    const own = layers.filter((one) => one.images.includes(image)).map(({ layer }) => layer)
    Object.assign(blobs, await putImage(root, repository, own))
    repositories.push(repository)
  }
  const corpus = { seed, gib, repositories, blobs }
  await writeFile(note, JSON.stringify(corpus))
  return corpus
}

/** Bytes of all blobs, each once. */
export function bytesOf({ blobs }: Corpus): number {
  return Object.values(blobs).reduce((sum, size) => sum + size, 0)
}

async function putImage(root: string, repository: string, layers: readonly Layer[]): Promise<Corpus['blobs']> {
  const config = await putText(root, {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  })
  const manifest = await putText(root, {
    schemaVersion: 2,
    mediaType: oci.manifest,
    config: { mediaType: oci.config, ...config },
    layers: layers.map(({ digest, size }) => ({ mediaType: `${oci.layer}+gzip`, digest, size })),
  })
  const folder = join(root, 'docker/registry/v2/repositories', repository)
  const links = [config, ...layers].map(({ digest }) => [`_layers/${digest.replace(':', '/')}`, digest])
  const hex = manifest.digest.replace(':', '/')
  links.push([`_manifests/revisions/${hex}`, manifest.digest])
  links.push(['_manifests/tags/1/current', manifest.digest], [`_manifests/tags/1/index/${hex}`, manifest.digest])
  for (const [place = '', digest = ''] of links) {
    await mkdir(join(folder, place), { recursive: true })
    await writeFile(join(folder, place, 'link'), digest)
  }
  return Object.fromEntries([manifest, config, ...layers].map((blob) => [blob.digest, blob.size]))
}

async function putText(root: string, value: object): Promise<{ digest: string; size: number }> {
  const text = Buffer.from(JSON.stringify(value))
  const digest = digestOf(text)
  await writeFile(await blobFile(root, digest), text)
  return { digest, size: text.length }
}

/** Where distribution's filesystem driver keeps a blob. */
async function blobFile(root: string, digest: string): Promise<string> {
  const hex = hexOf(digest)
  const file = join(root, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
  await mkdir(dirname(file), { recursive: true })
  return file
}
