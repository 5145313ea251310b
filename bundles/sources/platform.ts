import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import type { LockedImage } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { parseJson } from '../../lib/json.ts'
import { type Cache, cachedPath } from '../cache.ts'
import { oci } from '../format/names.ts'
import { fetchBlob } from '../registry/blob.ts'
import type { Client } from '../registry/client.ts'
import { manifestLimit, platformWord } from '../registry/manifest.ts'
import { parseReference } from '../registry/reference.ts'
import { readManifest } from './image-manifest.ts'
import type { WantedImage } from './registry.ts'

/** Configs that say what an image runs on; those of charts and other artifacts say nothing of it. */
const configTypes = [oci.config, 'application/vnd.docker.container.image.v1+json']
const configSchema = v.object({
  os: v.optional(platformWord),
  architecture: v.optional(platformWord),
  variant: v.optional(platformWord),
})

/**
 * Refuses an image that runs on none of the wanted platforms, before a layer of it is fetched. An index says by itself what it is made for
 * (childrenOf in registry.ts), and is believed, as containerd believes it; an image alone says it in its config (image-spec config.md).
 * Throws `failed` where the image is named.
 */
export async function refuseForeignImage(
  client: Client,
  cache: Cache,
  image: LockedImage,
  wanted: WantedImage,
): Promise<void> {
  if (image.platforms.length > 0) return
  const { registry, repository } = parseReference(image.name)
  const { manifest } = await readManifest(client, cache, { registry, repository }, image)
  if (manifest.kind === 'index' || !configTypes.includes(manifest.config.mediaType)) return
  const where = wanted.where ?? image.name
  const { digest, size } = manifest.config
  if (size > manifestLimit)
    fail('failed', `${image.name} has a config of ${size} bytes; at most ${manifestLimit} are read`, { where })
  await fetchBlob(client, cache, [{ registry, repository }], { digest, size }, () => {})
  const platform = platformOf(await readFile(cachedPath(cache, digest), 'utf8'))
  if (platform && !wanted.platforms.some((one) => fits(platform, one)))
    fail('failed', `${image.name} is made for ${platform} alone, wanted is ${wanted.platforms.join(', ')}`, {
      where,
      hint: `Take an image for ${wanted.platforms.join(', ')}; if it is meant to be this one, say \`platforms: [${platform}]\`.`,
    })
}

/** `linux/arm64/v8`; undefined when a config does not say. */
function platformOf(text: string): string | undefined {
  const config = v.safeParse(configSchema, parseJson(text))
  if (!config.success || !config.output.os || !config.output.architecture) return undefined
  const { os, architecture, variant } = config.output
  return [os, architecture, variant].filter(Boolean).join('/')
}

/** Whether one is the other; who leaves the variant out means any. */
function fits(platform: string, wanted: string): boolean {
  return platform === wanted || platform.startsWith(`${wanted}/`) || wanted.startsWith(`${platform}/`)
}
