// What is carried beside a cluster's own parts, as far as it must be read to know whether anything is missing.

import { imageRepository } from '../../cluster/components.ts'
import type { LockedImage } from '../../cluster/lock.ts'
import { countOf } from '../../lib/output.ts'
import { type Closure, findClosure } from '../closure/closure.ts'
import type { CarriedImage } from '../closure/wants.ts'
import type { CarriedChart } from '../sources/chart.ts'
import type { CarriedManifest } from '../sources/manifest.ts'
import { collectCharts } from './charts.ts'
import { collectManifests } from './files.ts'
import { resolveWanted, wantedImages } from './images.ts'
import type { ProduceOptions } from './produce.ts'

interface Cargo {
  charts: CarriedChart[]
  manifests: CarriedManifest[]
  /** Known to the byte; their layers are fetched later. */
  images: LockedImage[]
  closure: Closure
}

/** Reads charts and manifests, learns what the images are, and who wants which. */
export async function readCargo(options: ProduceOptions): Promise<Cargo> {
  const { cache, spec, workspace, signal, out } = options
  const charts = await collectCharts(options)
  const manifests = await collectManifests(options)
  const images = await resolveWanted(options)
  const carried = [...ownImages(options), ...fromSpec(options, images)]
  const inputs = { cache, spec, workspace, signal, charts, manifests, carried }
  if (charts.length + manifests.length === 0) return { charts, manifests, images, closure: await findClosure(inputs) }
  const closure = await out.step('who wants which image', async (report) => {
    const found = await findClosure(inputs)
    const how =
      charts.length === 0 ? '' : found.helm ? `, charts as helm ${found.helm} renders them` : ', charts by their values'
    report.detail(`${countOf(found.images.length, 'image')}${how}`)
    return found
  })
  return { charts, manifests, images, closure }
}

/** Those that the cluster's components run in. */
function ownImages({ catalog }: ProduceOptions): CarriedImage[] {
  return Object.keys(catalog.images).map((name) => ({
    name: `${imageRepository}/${name}`,
    digest: '',
    own: true,
    where: `component ${name}`,
  }))
}

function fromSpec({ spec, architecture }: ProduceOptions, images: readonly LockedImage[]): CarriedImage[] {
  const wanted = wantedImages(spec, architecture)
  return images.map(({ name, digest }, index) => ({ name, digest, own: false, where: wanted[index]?.where ?? '' }))
}
