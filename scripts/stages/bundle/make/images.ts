import type { Tagged } from '../../../../bundles/closure/wants.ts'
import { readCargo } from '../../../../bundles/produce/cargo.ts'
import { formatTable } from '../../../../lib/output.ts'
import type { Context } from '../../../command.ts'
import { setUp } from './setup.ts'

/** Shows who wants which image, and which of them are carried. Charts and manifests are read, layers are not fetched. */
export async function images(context: Context, options: { jobs: string | undefined }): Promise<number> {
  const { out } = context
  const setup = await setUp(context, { jobs: options.jobs, update: false })
  const { closure } = await readCargo(setup)
  const { images, helm, computed, unused } = closure
  const tagged = setup.byDigest ? closure.tagged : []
  if (out.format === 'json') {
    out.json({ kind: 'BundleImages', helm: helm ?? null, computed, unusedWaivers: unused, tagged, images })
    return 0
  }
  const shown = (where: string) => where.replace(`${context.workspace.root}/`, '')
  const rows = images.flatMap(({ image, state, wantedBy }) =>
    wantedBy.map(({ where }, index) => (index === 0 ? [state, image, shown(where)] : ['', '', shown(where)])),
  )
  if (rows.length > 0) out.data(formatTable(['STATE', 'IMAGE', 'WANTED BY'], rows))
  if (tagged.length > 0) out.warn(byTag(tagged, shown))
  for (const template of computed) out.warn(`only helm can tell the images of ${template}`)
  for (const { image } of unused) out.warn(`notImages: nothing names ${image} any more`)
  const count = (state: string) => images.filter((image) => image.state === state).length
  out.note(
    `${count('carried')} carried, ${count('missing')} missing, ${count('maybe')} maybe, ${count('waived')} waived`,
  )
  if (count('missing') > 0)
    out.note(
      'next: name what is missing under images in redoubt.yaml; redoubt bundle build refuses to build without it',
    )
  return 0
}

/** Each image once as it is to be written, and below it where. */
function byTag(tagged: readonly Tagged[], shown: (where: string) => string): string {
  const lines = [...Map.groupBy(tagged, ({ pinned }) => pinned)].flatMap(([pinned, all]) => [
    `  ${pinned}`,
    ...all.map(({ where }) => `    ${shown(where)}`),
  ])
  return [
    'named by tag, where pods of this cluster need the digest (image-provenance); as they are to be written:',
    ...lines,
  ].join('\n')
}
