import type { BundleSpec } from '../../cluster/bundle.ts'
import { blobsOfImage, type LockedImage } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { countOf, formatBytes } from '../../lib/output.ts'
import { mapPool } from '../../lib/pool.ts'
import { isCached } from '../cache.ts'
import { formatReference, parseReference } from '../registry/reference.ts'
import { naming } from '../sources/naming.ts'
import { refuseForeignImage } from '../sources/platform.ts'
import { collectImages, nameOf, resolveImage, type Target, type WantedImage } from '../sources/registry.ts'
import { clientOf } from './client.ts'
import type { ProduceOptions } from './produce.ts'

/** Under this name stand the images that redoubt assembles (produce/image.ts). */
const ownRegistry = 'redoubt.dev'

/** What spec.bundle.images asks for. Throws `usage` at its line for what is no image name, one of ours, or one named twice. */
export function wantedImages(spec: BundleSpec, architecture: string): WantedImage[] {
  const names = new Set<string>()
  return spec.images.map((image, index) => {
    const where = spec.where(['images', index])
    const reference = parseReference(image.name, where)
    if (reference.registry.toLowerCase() === ownRegistry)
      fail('usage', `${image.name} has the name of redoubt’s own images, which no registry holds`, {
        where,
        hint: 'The cluster’s own parts are carried without being named; give an image of yours another name.',
      })
    const name = formatReference(reference)
    // A tag can be one image only, whatever digests stand after it.
    const key = reference.tag ? nameOf(reference) : name
    if (names.has(key)) fail('usage', `${key} is named twice`, { where })
    names.add(key)
    return { name, platforms: image.platforms ?? [`linux/${architecture}`], artifacts: image.artifacts, where }
  })
}

/**
 * What the images of the spec are: those of the lock, or with no lock what the registries have now. Their layers are not fetched yet. Throws
 * as refuseForeignImage does, for those that a registry was asked for.
 */
export async function resolveWanted(options: ProduceOptions): Promise<LockedImage[]> {
  const { spec, architecture, pins, moving, cache, connections, out } = options
  const wanted = wantedImages(spec, architecture)
  const stays = ({ name }: WantedImage) => !moving.has(`image ${nameOf(parseReference(name))}`)
  if (wanted.length === 0) return []
  if (pins && wanted.every(stays)) return wanted.map((image) => pinnedImage(pins.images, image))
  return await out.step('names of images', async (report) => {
    const client = await clientOf(options, report.status)
    const images = await mapPool(wanted, connections, async (image) =>
      pins && stays(image)
        ? pinnedImage(pins.images, image)
        : await naming(image, async () => {
            const resolved = await resolveImage(client, cache, image)
            await refuseForeignImage(client, cache, resolved, image)
            return resolved
          }),
    )
    report.detail(countOf(images.length, 'image'))
    return images
  })
}

/**
 * Brings the images of the spec, which `images` pins in their order, to the byte into the cache or a target. Returns what went into that,
 * as collectImages does. Throws as refuseForeignImage does.
 */
export async function collectWanted(
  options: ProduceOptions,
  images: readonly LockedImage[],
  target?: Target,
): Promise<ReadonlySet<string>> {
  const { spec, architecture, cache, connections, out } = options
  if (images.length === 0) return new Set()
  const wanted = wantedImages(spec, architecture)
  return await out.step('images from registries', async (report) => {
    const client = await clientOf(options, report.status)
    await mapPool(images, connections, (image, index) => {
      const asked = wanted[index] ?? fail('internal', `nobody wants ${image.name}`)
      return naming(asked, () => refuseForeignImage(client, cache, image, asked))
    })
    const named = images.map((image, index) => ({ ...image, where: wanted[index]?.where }))
    const blobs = new Map(
      images
        .flatMap(blobsOfImage)
        .filter(({ digest }) => !target || target.slotOf(digest))
        .map((blob) => [blob.digest, blob]),
    )
    const total = [...blobs.values()].reduce((sum, blob) => sum + blob.size, 0)
    let there = 0
    for (const blob of blobs.values()) if (await isCached(cache, blob)) there += blob.size
    let done = 0
    const onBytes = (count: number) => {
      done += count
      report.progress(done, total)
    }
    const onImage = (image: LockedImage) =>
      report.item(image.name, formatBytes(image.blobs.reduce((sum, blob) => sum + blob.size, 0)))
    const placed = await collectImages(client, cache, named, connections, onBytes, onImage, target)
    report.detail(
      `${countOf(images.length, 'image')}, ${countOf(blobs.size, 'blob')}, ${formatBytes(total)}, ${formatBytes(total - there)} of them fetched`,
    )
    return placed
  })
}

/** The pin of an image. Throws `usage` when the lock has none, or one for other platforms. */
export function pinnedImage(
  pins: readonly LockedImage[],
  { name, platforms, artifacts, where }: WantedImage,
): LockedImage {
  const reference = parseReference(name)
  const found = pins.find(
    (image) => image.name === nameOf(reference) && (reference.tag || image.digest === reference.digest),
  )
  const fits =
    found &&
    (found.platforms.length === 0 || JSON.stringify(found.platforms) === JSON.stringify(platforms)) &&
    (!reference.digest || found.digest === reference.digest) &&
    (artifacts || found.artifacts.length === 0)
  if (found && fits) return found
  return fail('usage', `the lock pins no ${name} as it is wanted here`, {
    ...(where ? { where } : {}),
    hint: `Pin it with \`redoubt bundle lock --update ${name}\`.`,
  })
}
