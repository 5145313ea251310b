import { formatBytes } from '../../lib/output.ts'
import { recall } from '../cache.ts'
import { missingPackages } from '../sources/debian/deb.ts'
import { goStep, pinOf } from '../sources/go.ts'
import { wantedCharts } from './charts.ts'
import { wantedReleases } from './files.ts'
import { everyPackage, pinnedPackages } from './packages.ts'
import type { ProduceOptions } from './produce.ts'
import { compiledFrom, planBuild } from './programs.ts'

/** One line of a dry run. */
export interface PlannedPart {
  part: string
  from: string
  /** `nothing: cached`, or what a build would do. */
  todo: string
}

/** What a build would do now. Reads the cache and the lock; fetches and writes nothing. */
export async function planBundle(options: ProduceOptions): Promise<PlannedPart[]> {
  const { cache, catalog, pins, spec } = options
  const parts: PlannedPart[] = []
  for (const name of Object.keys(catalog.modules)) {
    const build = await planBuild(options, name)
    const members = compiledFrom(catalog, name)
    const cached = await recall(cache, goStep(build))
    const modules = new Set(
      members.map(({ origin }) => `${origin.module}@${pinOf(build.wrapper, origin.module).version}`),
    )
    parts.push({
      part: members.map((member) => member.name).join(' '),
      from: [...modules].join(' '),
      todo: cached ? 'nothing: cached' : `compile with ${build.toolchain}`,
    })
  }
  if (!pins && catalog.kubernetes) {
    const programs = Object.values(catalog.components).flatMap((from) => (from.kind === 'deb' ? [from.package] : []))
    const wanted = [...catalog.packages.map((entry) => entry.name), ...programs]
    parts.push({
      part: wanted.join(' '),
      from: `Debian ${catalog.release}`,
      todo: 'resolve with apt, fetch with their closure',
    })
  } else if (pins && catalog.kubernetes) {
    const all = everyPackage(pinnedPackages(pins, catalog))
    const missing = await missingPackages(cache, all)
    const size = missing.reduce((sum, entry) => sum + entry.size, 0)
    parts.push({
      part: `${all.length} packages`,
      from: `Debian ${catalog.release}`,
      todo: missing.length === 0 ? 'nothing: cached' : `fetch ${missing.length}, ${formatBytes(size)}`,
    })
  }
  for (const chart of wantedCharts(spec)) {
    const [part, from] =
      'oci' in chart ? [chart.oci, 'its registry'] : [`${chart.name} ${chart.version}`, chart.repository]
    parts.push({ part, from, todo: 'read' })
  }
  for (const name of spec.manifests)
    parts.push({ part: name, from: name.includes('://') ? 'its URL' : 'the workspace', todo: 'read' })
  for (const { name, url } of wantedReleases(spec)) parts.push({ part: name, from: url, todo: 'fetch unless cached' })
  for (const { name, path } of spec.files) parts.push({ part: name, from: path, todo: 'read' })
  return parts
}
