import * as v from 'valibot'
import { largestBlob } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { parseJson } from '../../lib/json.ts'
import { inBrief } from '../../lib/plain.ts'
import { oci } from '../format/names.ts'

/** What points to bytes (image-spec descriptor.md): of the media type, so long, of this digest. */
export interface Descriptor {
  mediaType: string
  digest: string
  size: number
}

export const mediaTypes = {
  ociIndex: oci.index,
  ociManifest: oci.manifest,
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const

/** What we can read, as an Accept header: whatever of these the registry has, it gives unconverted. */
export const acceptManifests = Object.values(mediaTypes).join(', ')

/** Bytes of the largest manifest: registries refuse larger ones themselves (distribution, 4 MiB). */
export const manifestLimit = 4 << 20

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'is no sha256 digest'))
/** Not more than a lock can say. */
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(largestBlob))
/** Of a platform: it is told to people (image-spec config.md: what Go calls them). */
export const platformWord = v.pipe(v.string(), v.regex(/^[\w.-]{0,64}$/, 'its platform has a name that none has'))
const descriptor = v.object({
  mediaType: v.string(),
  digest,
  size,
  /** Bytes that are to be fetched from elsewhere, never from a registry (foreign layers). */
  urls: v.optional(v.array(v.string())),
  platform: v.optional(v.object({ os: platformWord, architecture: platformWord, variant: v.optional(platformWord) })),
})
const indexSchema = v.object({ manifests: v.pipe(v.array(descriptor), v.maxLength(10_000)) })
const manifestSchema = v.object({
  config: descriptor,
  /** Many times what any system mounts: of an image's manifests all are held at once. */
  layers: v.pipe(v.array(descriptor), v.maxLength(1000, 'more than 1000 layers')),
  subject: v.optional(descriptor),
})

export type IndexEntry = v.InferOutput<typeof descriptor>
export type Manifest =
  | { kind: 'index'; entries: IndexEntry[] }
  | { kind: 'image'; config: Descriptor; layers: Descriptor[] }

/**
 * Reads an index or an image manifest, of OCI or Docker (schema 2). Throws `failed` at `where` for anything else, schema 1 and foreign
 * layers (which no registry holds) among it.
 */
export function parseManifest(body: Buffer, mediaType: string, where: string): Manifest {
  const value = parseJson(body)
  if (value === undefined) return fail('failed', 'its manifest is no JSON', { where })
  refuseAmbiguous(value, mediaType, where)
  if (mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerList) {
    const index = v.safeParse(indexSchema, value)
    if (!index.success) return fail('failed', `its index is broken: ${inBrief(index.issues[0].message)}`, { where })
    return { kind: 'index', entries: index.output.manifests }
  }
  if (mediaType !== mediaTypes.ociManifest && mediaType !== mediaTypes.dockerManifest)
    return fail('failed', `is ${JSON.stringify(inBrief(mediaType, 100))}, no image that redoubt can carry`, {
      where,
      hint: 'Docker’s manifests of schema 1 are too old: push the image again with a current tool.',
    })
  const manifest = v.safeParse(manifestSchema, value)
  if (!manifest.success)
    return fail('failed', `its manifest is broken: ${inBrief(manifest.issues[0].message)}`, { where })
  const { config, layers } = manifest.output
  const foreign = layers.find((layer) => layer.urls?.length)
  if (foreign) return fail('failed', `its layer ${foreign.digest} is not in the registry (a foreign layer)`, { where })
  return { kind: 'image', config: descriptorOf(config), layers: layers.map(descriptorOf) }
}

/** A descriptor without what else stands beside it. */
export function descriptorOf({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

/**
 * What can be read as two things is one thing here and another thing on a node (CVE-2021-41190): an index has no layers, an image no
 * manifests, and neither calls itself something else than it is sent as.
 */
function refuseAmbiguous(value: unknown, mediaType: string, where: string): void {
  const { mediaType: own, manifests, config, layers } = (value ?? {}) as Record<string, unknown>
  if ((own !== undefined && own !== mediaType) || (manifests !== undefined && (config ?? layers) !== undefined))
    fail('failed', 'its manifest can be read as two things', {
      where,
      hint: 'Push the image again with a current tool.',
    })
}

/** `linux/arm64/v8` of an index entry; undefined for what is no program (attestations say `unknown/unknown`). */
export function platformOf({ platform }: IndexEntry): string | undefined {
  if (!platform || platform.os === 'unknown') return undefined
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')
}

/** Whether an entry's platform is the wanted one: `linux/arm64` takes any variant, as v8 is all that there is of it. */
export function matchesPlatform(entry: IndexEntry, wanted: string): boolean {
  const platform = platformOf(entry)
  return platform === wanted || platform?.startsWith(`${wanted}/`) === true
}
