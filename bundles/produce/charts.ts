import type { BundleSpec } from '../../cluster/bundle.ts'
import type { LockedChart } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { countOf, formatBytes } from '../../lib/output.ts'
import { mapPool } from '../../lib/pool.ts'
import type { BlobRef } from '../format/parts.ts'
import { type CarriedChart, collectChart, originOf, resolveChart, type WantedChart } from '../sources/chart.ts'
import { naming } from '../sources/naming.ts'
import { clientOf } from './client.ts'
import type { ProduceOptions } from './produce.ts'

/** What the spec's `charts` asks for. Throws `usage` at its line for one that is named twice. */
export function wantedCharts(spec: BundleSpec): WantedChart[] {
  const seen = new Set<string>()
  return spec.charts.map((chart, index) => {
    const where = spec.where(['charts', index])
    const name = 'oci' in chart ? chart.oci : `${chart.name} ${chart.version} of ${chart.repository}`
    if (seen.has(name)) fail('usage', `${name} is named twice`, { where })
    seen.add(name)
    return { ...chart, where }
  })
}

/** Brings the charts of the spec into the cache, and reads them: those of the lock, or with no lock what there is now. */
export async function collectCharts(options: ProduceOptions): Promise<CarriedChart[]> {
  const { spec, pins, moving, cache, connections, out } = options
  const wanted = wantedCharts(spec)
  if (wanted.length === 0) return []
  return await out.step('charts', async (report) => {
    const client = await clientOf(options, report.status)
    const charts = await mapPool(wanted, connections, async (chart) => {
      const name = 'oci' in chart ? chart.oci : chart.name
      const carried = await naming({ name, where: chart.where }, async () =>
        pins && !moving.has(`chart ${name}`)
          ? await collectChart(client, cache, pinnedChart(pins.charts, chart))
          : await resolveChart(client, cache, chart),
      )
      const { version, archive } = carried.locked
      report.item(`${carried.locked.name} ${version}`, formatBytes(archive.size))
      return carried
    })
    const size = charts.reduce((sum, { locked }) => sum + locked.archive.size, 0)
    report.detail(`${countOf(charts.length, 'chart')}, ${formatBytes(size)}`)
    return charts
  })
}

/** The pin of a chart; undefined when there is none. */
export function pinOfChart(pins: readonly LockedChart[], wanted: WantedChart): LockedChart | undefined {
  return pins.find(
    ({ from, name, version }) =>
      from === originOf(wanted) && ('oci' in wanted || (name === wanted.name && version === wanted.version)),
  )
}

/** As pinOfChart. Throws `usage` when the lock has none. */
export function pinnedChart(pins: readonly LockedChart[], wanted: WantedChart): LockedChart {
  return (
    pinOfChart(pins, wanted) ??
    fail('usage', `the lock pins no ${'oci' in wanted ? wanted.oci : `${wanted.name} ${wanted.version}`}`, {
      where: wanted.where,
      hint: `Pin it with \`redoubt bundle lock --update ${'oci' in wanted ? wanted.oci : wanted.name}\`.`,
    })
  )
}

/** Everything that is carried of charts. */
export function blobsOfCharts(charts: readonly LockedChart[]): BlobRef[] {
  return charts.flatMap(({ archive, artifact }) => artifact?.blobs ?? [archive])
}
