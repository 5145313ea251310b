// Helm charts, as they are: from a registry an OCI artifact, from a chart repository its archive.

import { readFile } from 'node:fs/promises'
import type { LockedChart, LockedImage } from '../../cluster/lock.ts'
import type { ChartSpec, OciChart, RepositoryChart } from '../../cluster/spec-bundle.ts'
import { fail } from '../../lib/errors.ts'
import { writeAtomic } from '../../lib/files.ts'
import { digestOf } from '../../lib/hash.ts'
import { type Cache, cachedPath, dropCorrupt } from '../cache.ts'
import { archiveLimit, type ChartArchive, readChartArchive } from '../charts/archive.ts'
import { findChart, indexLimit } from '../charts/repository.ts'
import { fetchBlob } from '../registry/blob.ts'
import type { Client } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import { collectImages, resolveImage } from './registry.ts'
import { askUrl, urlSource } from './url.ts'

/** A chart that is to be carried, and where it is named: `redoubt.yaml:12:9`. */
export type WantedChart = ChartSpec & { where: string }

/** A chart, whose archive is in the cache and was read; it is not kept in memory. */
export interface CarriedChart {
  locked: LockedChart
  library: boolean
}

/** helm's media types of an OCI artifact (helm.sh/docs/topics/registries). */
const configType = 'application/vnd.cncf.helm.config.v1+json'
const contentType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'

/** What a chart is now: fetched and read. Throws `failed` when it is not there, `integrity` when its bytes are not what is said of them. */
export async function resolveChart(client: Client, cache: Cache, wanted: WantedChart): Promise<CarriedChart> {
  return 'oci' in wanted ? await fromRegistry(client, cache, wanted) : await fromRepository(client, cache, wanted)
}

/** A pinned chart: fetched if need be, and read. Throws as resolveChart does. */
export async function collectChart(client: Client, cache: Cache, locked: LockedChart): Promise<CarriedChart> {
  const fetch = async () => {
    if (locked.artifact) await collectImages(client, cache, [asImage(locked)], 4, () => {})
    else if (locked.url) await fetchBlob(client, cache, [urlSource(new URL(locked.url))], locked.archive, () => {})
  }
  await fetch()
  if ((await dropCorrupt(cache, [locked.archive.digest])).length > 0) await fetch()
  const { library } = await readCarried(cache, locked)
  return { locked, library }
}

/** The archive of a chart that is in the cache. Throws `integrity` as readChartArchive does. */
export async function readCarried(cache: Cache, locked: LockedChart): Promise<ChartArchive> {
  return await readCached(cache, locked.archive.digest, nameOf(locked))
}

/** `podinfo 6.7.0` */
export function nameOf({ name, version }: Pick<LockedChart, 'name' | 'version'>): string {
  return `${name} ${version}`
}

/** What a spec's entry is called in the lock: the reference, or the repository. */
export function originOf(wanted: ChartSpec): string {
  return 'oci' in wanted ? wanted.oci : wanted.repository
}

async function fromRegistry(client: Client, cache: Cache, wanted: OciChart & { where: string }): Promise<CarriedChart> {
  const { oci, where } = wanted
  const image = await resolveImage(client, cache, { name: referenceOf(oci), platforms: [], artifacts: false, where })
  const body = await readFile(cachedPath(cache, image.digest))
  const manifest = parseManifest(body, image.mediaType, where)
  const content =
    manifest.kind === 'image' ? manifest.layers.find(({ mediaType }) => mediaType === contentType) : undefined
  if (manifest.kind !== 'image' || manifest.config.mediaType !== configType || !content)
    return fail('failed', `${oci} is no Helm chart`, { where, hint: 'An image is carried by `images`.' })
  const size = image.blobs.reduce((sum, blob) => sum + blob.size, 0)
  if (size > 2 * archiveLimit) fail('failed', `${oci} has ${size} bytes, more than a chart may have`, { where })
  await collectImages(client, cache, [image], 4, () => {})
  const archive = await readCached(cache, content.digest, oci)
  const { mediaType, digest, blobs } = image
  return {
    locked: {
      name: archive.name,
      version: archive.version,
      from: oci,
      archive: { digest: content.digest, size: content.size },
      artifact: { mediaType, digest, size: image.size, blobs },
    },
    library: archive.library,
  }
}

async function fromRepository(
  client: Client,
  cache: Cache,
  { repository, name, version, where }: RepositoryChart & { where: string },
): Promise<CarriedChart> {
  const url = new URL('index.yaml', repository.endsWith('/') ? repository : `${repository}/`)
  const found = findChart(await askUrl(client, url, indexLimit), name, version, url, where)
  const bytes = await askUrl(client, found.url, archiveLimit)
  const digest = digestOf(bytes)
  if (found.digest && digest !== found.digest)
    fail('integrity', `${name} ${version} is ${digest}, the repository's index says ${found.digest}`, {
      where: found.url.href,
      hint: 'The repository, or something before it, changes what it sends.',
    })
  const archive = await readChartArchive(bytes, found.url.href)
  if (archive.name !== name)
    fail('integrity', `is the chart ${nameOf(archive)}, not ${name}`, { where: found.url.href })
  await writeAtomic(cachedPath(cache, digest), bytes)
  return {
    locked: {
      name,
      version: archive.version,
      from: repository,
      url: found.url.href,
      archive: { digest, size: bytes.length },
    },
    library: archive.library,
  }
}

async function readCached(cache: Cache, digest: string, where: string): Promise<ChartArchive> {
  return await readChartArchive(await readFile(cachedPath(cache, digest)), where)
}

/** A registry's tag has no `+`: helm writes `_` for it. */
function referenceOf(oci: string): string {
  return oci.replace('oci://', '').replaceAll('+', '_')
}

function asImage({ from, artifact }: LockedChart): LockedImage {
  if (!artifact) throw new Error(`${from} is not from a registry`)
  return { name: referenceOf(from), platforms: [], artifacts: [], ...artifact }
}
