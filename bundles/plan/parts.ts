// The lines of a plan: what each part of a bundle costs now.
import { blobsOfImage, type LockedImage } from '../../cluster/lock.ts'
import { mapPool } from '../../lib/pool.ts'
import { recall } from '../cache.ts'
import type { BlobRef } from '../format/parts.ts'
import { blobsOfCharts, pinOfChart, wantedCharts } from '../produce/charts.ts'
import { clientOf } from '../produce/client.ts'
import { wantedReleases } from '../produce/files.ts'
import { isBelow } from '../produce/moves.ts'
import { everyPackage, pinnedPackages } from '../produce/packages.ts'
import type { ProduceOptions } from '../produce/produce.ts'
import { compiledFrom, planBuild } from '../produce/programs.ts'
import { parseReference } from '../registry/reference.ts'
import { missingBytes } from '../registry/space.ts'
import { goStep, pinOf } from '../sources/go.ts'
import { naming } from '../sources/naming.ts'
import { resolveRelease } from '../sources/release.ts'
import type { Planned } from './read.ts'

/** One line of a dry run. */
export interface PlannedPart {
  kind: 'executable' | 'programs' | 'packages' | 'image' | 'chart' | 'manifest' | 'release' | 'file'
  part: string
  from: string
  todo: 'nothing' | 'read' | 'compile' | 'fetch' | 'resolve'
  /** Bytes that come over the network; null: nobody can say before. */
  fetch: number | null
  /** What it puts into the bundle and into the cache, as far as it is known. */
  blobs: BlobRef[]
}

/** What fetching blobs costs that may be in the cache: a blob of two parts is fetched for the first. */
type Cost = (blobs: readonly BlobRef[]) => Promise<Pick<PlannedPart, 'todo' | 'fetch' | 'blobs'>>

/** A cost by the cache of `options`. */
export function costIn({ cache }: Pick<ProduceOptions, 'cache'>): Cost {
  const seen = new Set<string>()
  return async (blobs) => {
    const fetch = await missingBytes(
      cache,
      blobs.filter(({ digest }) => !seen.has(digest)),
    )
    for (const { digest } of blobs) seen.add(digest)
    return { todo: fetch > 0 ? 'fetch' : 'nothing', fetch, blobs: [...blobs] }
  }
}

/** Of an executable that is made of a Node which is not here: what npm then fetches is npm's to say. */
export function planExecutable({ from }: { from?: string | undefined }): PlannedPart[] {
  return from
    ? [{ kind: 'executable', part: 'Node for redoubt itself', from, todo: 'fetch', fetch: null, blobs: [] }]
    : []
}

export async function planPrograms(options: ProduceOptions): Promise<PlannedPart[]> {
  return await mapPool(Object.keys(options.catalog.modules), 1, async (name): Promise<PlannedPart> => {
    const build = await planBuild(options, name)
    const members = compiledFrom(options.catalog, name)
    const cached = await recall(options.cache, goStep(build))
    const modules = new Set(
      members.map(({ origin }) => `${origin.module}@${pinOf(build.wrapper, origin.module).version}`),
    )
    return {
      kind: 'programs',
      part: members.map((member) => member.name).join(' '),
      from: cached ? [...modules].join(' ') : `${[...modules].join(' ')}, with ${build.toolchain}`,
      todo: cached ? 'nothing' : 'compile',
      fetch: cached ? 0 : null,
      blobs: cached ? Object.values(cached) : [],
    }
  })
}

export async function planPackages({ catalog, pins }: ProduceOptions, cost: Cost): Promise<PlannedPart[]> {
  if (!catalog.kubernetes) return []
  const from = `Debian ${catalog.release}`
  if (!pins) {
    const programs = Object.values(catalog.components).flatMap((own) => (own.kind === 'deb' ? [own.package] : []))
    const part = [...catalog.packages.map((entry) => entry.name), ...programs].join(' ')
    return [{ kind: 'packages', part, from, todo: 'resolve', fetch: null, blobs: [] }]
  }
  const all = everyPackage(pinnedPackages(pins, catalog))
  return [{ kind: 'packages', part: `${all.length} packages`, from, ...(await cost(all)) }]
}

export async function planImages(images: readonly LockedImage[], cost: Cost): Promise<PlannedPart[]> {
  return await mapPool(
    images,
    1,
    async (image): Promise<PlannedPart> => ({
      kind: 'image',
      part: `${image.name}@${image.digest}`,
      from: parseReference(image.name).registry,
      ...(await cost(blobsOfImage(image))),
    }),
  )
}

export async function planCharts({ spec, pins }: ProduceOptions, cost: Cost): Promise<PlannedPart[]> {
  return await mapPool(wantedCharts(spec), 1, async (chart): Promise<PlannedPart> => {
    const [part, from] =
      'oci' in chart ? [chart.oci, 'its registry'] : [`${chart.name} ${chart.version}`, chart.repository]
    const pin = pinOfChart(pins?.charts ?? [], chart)
    const costs = pin ? await cost(blobsOfCharts([pin])) : { todo: 'resolve' as const, fetch: null, blobs: [] }
    return { kind: 'chart', part, from, ...costs }
  })
}

export async function planFiles(options: ProduceOptions, read: Planned, cost: Cost): Promise<PlannedPart[]> {
  const { spec, pins } = options
  const manifests = await mapPool(spec.manifests, 1, async (name): Promise<PlannedPart> => {
    const remote = name.includes('://')
    const own = read.manifests.filter((one) => one.name === name || (!remote && isBelow(one.name, name)))
    if (!remote) return { kind: 'manifest', part: name, from: 'the workspace', todo: 'read', fetch: 0, blobs: own }
    const costs = pins ? await cost(own) : { todo: 'resolve' as const, fetch: null, blobs: [] }
    return { kind: 'manifest', part: name, from: 'its URL', ...costs }
  })
  const client = await clientOf(options, () => {})
  const releases = await mapPool(wantedReleases(spec), options.connections, async (release): Promise<PlannedPart> => {
    const pin =
      pins?.releases.find(({ name }) => name === release.name) ??
      (await naming(release, () => resolveRelease(client, release)))
    return { kind: 'release', part: release.name, from: release.url, ...(await cost([pin])) }
  })
  const files = spec.files.map(({ name, path }): PlannedPart => {
    const blobs = read.files.filter((file) => file.name === name)
    return { kind: 'file', part: name, from: path, todo: 'read', fetch: 0, blobs }
  })
  return [...manifests, ...releases, ...files]
}
