import { imagesOf, importImages, missingImages, refuseForeignHost } from '../../../../bundles/load/load.ts'
import { readHead } from '../../../../bundles/read.ts'
import { fail } from '../../../../lib/errors.ts'
import { hostArchitecture } from '../../../../lib/machine.ts'
import { countOf, formatBytes } from '../../../../lib/output.ts'
import type { Context } from '../../../command.ts'
import { chosenBundle, readVerifyKey } from '../chosen.ts'

interface Options {
  file: string | undefined
  key: string | undefined
  namespace: string | undefined
  address: string | undefined
  dryRun: boolean
}

/** Imports the images of a bundle into this host's containerd, those that it lacks. */
export async function load(context: Context, options: Options): Promise<number> {
  const { out, signal } = context
  const namespace = options.namespace ?? 'k8s.io'
  if (!/^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/.test(namespace))
    fail('usage', `--namespace ${namespace} is no namespace of containerd`)
  const containerd = { namespace, address: options.address }
  const path = await chosenBundle(context, options.file)
  const key = await readVerifyKey(context, options.key)
  const head = await readHead(path, key)
  try {
    refuseForeignHost(head, hostArchitecture())
    const images = imagesOf(head)
    const missing = await missingImages(containerd, images, signal)
    const there = images.length - missing.length
    if (missing.length > 0 && !options.dryRun)
      await out.step(`import into containerd, namespace ${namespace}`, async (report) => {
        const size = await importImages(head, containerd, missing, signal, report.progress)
        report.detail(`${countOf(missing.length, 'image')}, ${formatBytes(size)}; ${there} there already`)
      })
    else if (missing.length === 0) out.note(`all ${there} images are there`)
    if (out.format === 'json')
      out.json({
        kind: 'BundleLoaded',
        namespace,
        dryRun: options.dryRun,
        there,
        imported: missing.map(({ reference }) => reference),
      })
    else
      for (const { reference, digest, names } of missing)
        out.data(
          `${options.dryRun ? 'would import ' : ''}${names[0] === reference ? reference : `${names[0]}@${digest}`}`,
        )
  } finally {
    await head.archive.file.close()
  }
  return 0
}
