// The proof that nothing is missing inside: every image that will be applied is carried, or somebody said why not.
import { resolve } from 'node:path'
import type { BundleSpec } from '../../cluster/bundle.ts'
import { fail } from '../../lib/errors.ts'
import { readText } from '../../lib/files.ts'
import { parseForeign, splitDocuments } from '../../lib/yaml.ts'
import { type Cache, cachedPath, withWorkFolder } from '../cache.ts'
import { helmVersion, renderChart } from '../charts/helm.ts'
import { readParts } from '../format/parts.ts'
import { type CarriedChart, nameOf, originOf, readCarried } from '../sources/chart.ts'
import type { CarriedManifest } from '../sources/manifest.ts'
import { wantsOfRendered, wantsUnrendered } from './charts.ts'
import { wantsOfTrees } from './rendered.ts'
import { referenceOf } from './text.ts'
import {
  type CarriedImage,
  compareWants,
  type ImageState,
  type NotImage,
  type Tagged,
  type Want,
  wantsOfManifests,
} from './wants.ts'

interface ClosureInputs {
  cache: Cache
  spec: BundleSpec
  workspace: string
  signal: AbortSignal
  charts: readonly CarriedChart[]
  manifests: readonly CarriedManifest[]
  carried: readonly CarriedImage[]
}

export interface Closure {
  images: ImageState[]
  /** Waivers that hold for nothing. */
  unused: NotImage[]
  /** Images of yours that something names by tag. */
  tagged: Tagged[]
  /** How the charts were read: helm's version, or undefined where there is none; and which templates only helm could tell. */
  helm: string | undefined
  computed: string[]
}

/** Finds every image that will be applied, and whether it is carried. Throws as the finders do. */
export async function findClosure(inputs: ClosureInputs): Promise<Closure> {
  const { spec, workspace, signal, charts, manifests, carried } = inputs
  const wants: Want[] = []
  const computed: string[] = []
  for (const { name, blob } of manifests) {
    const chunks: Uint8Array[] = []
    for await (const chunk of readParts(blob.parts)) chunks.push(chunk)
    for (const want of wantsOfManifests(Buffer.concat(chunks).toString('utf8'), name)) wants.push(want)
  }
  const helm = charts.length > 0 ? await helmVersion(signal) : undefined
  for (const chart of charts) {
    if (chart.library) continue
    const found = helm ? await rendered(inputs, chart) : await unrendered(inputs, chart)
    for (const want of found.wants) wants.push(want)
    for (const template of found.computed) computed.push(template)
  }
  if (spec.cluster) for (const want of await wantsOfTrees(workspace)) wants.push(want)
  return { ...compareWants(wants, carried, spec.notImages), helm, computed }
}

interface ChartWants {
  wants: Want[]
  computed: string[]
}

async function rendered({ cache, spec, workspace, signal }: ClosureInputs, chart: CarriedChart): Promise<ChartWants> {
  const { locked } = chart
  const values = valuesFile(spec, chart)
  const text = await withWorkFolder(cache, (folder) => {
    const inputs = {
      path: cachedPath(cache, locked.archive.digest),
      values: values === undefined ? undefined : resolve(workspace, values),
      kubernetes: spec.cluster?.spec.kubernetes,
    }
    return renderChart(inputs, folder, nameOf(locked), signal)
  })
  return { wants: wantsOfRendered(text, nameOf(locked)), computed: [] }
}

async function unrendered({ cache, spec, workspace }: ClosureInputs, chart: CarriedChart): Promise<ChartWants> {
  const values = valuesFile(spec, chart)
  const [given] =
    values === undefined
      ? []
      : splitDocuments(await readText(resolve(workspace, values), 'Named with `values` at a chart.'))
  const found = wantsUnrendered(
    await readCarried(cache, chart.locked),
    nameOf(chart.locked),
    given && parseForeign(given, values ?? '').value,
  )
  return { ...found, computed: found.computed.map((path) => `${nameOf(chart.locked)}: ${path}`) }
}

function valuesFile(spec: BundleSpec, { locked }: CarriedChart): string | undefined {
  return spec.charts.find((chart) => originOf(chart) === locked.from && ('oci' in chart || chart.name === locked.name))
    ?.values
}

/** Throws `failed` when something that will be applied names an image that is not carried: where, and what would mend it. */
export function refuseGaps({ images }: Closure, spec: BundleSpec): void {
  const missing = images.filter(({ state }) => state === 'missing')
  if (missing.length === 0) return
  const lines = missing
    .slice(0, 20)
    .flatMap(({ image, wantedBy, instead }) => [
      instead ? `${image}: its tag is carried as ${instead}` : image,
      ...wantedBy
        .slice(0, 3)
        .map(({ image: written, where }) => `  ${where}${written === image ? '' : `, as ${written}`}`),
      ...(wantedBy.length > 3 ? [`  and ${wantedBy.length - 3} more`] : []),
    ])
  const more = missing.length > 20 ? [`and ${missing.length - 20} more`] : []
  const field = spec.cluster ? 'spec.bundle' : 'spec'
  const mend = missing.slice(0, 20).flatMap(({ image }) => (referenceOf(image) ? [`  - ${image}`] : []))
  const carry = mend.length > 0 ? `Carry them, under ${field}.images:\n  ${mend.join('\n  ')}\n  ` : ''
  fail(
    'failed',
    `${missing.length} of the images that will be applied would be missing inside:\n  ${[...lines, ...more].join('\n  ')}`,
    {
      where: spec.where(['images']),
      hint: `${carry}What is no image, or is there already, goes with a reason under ${field}.notImages.`,
    },
  )
}
