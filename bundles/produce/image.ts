import { type ImageName, imageRepository } from '../../cluster/components.ts'
import type { Lock } from '../../cluster/lock.ts'
import { type Cache, cachedBlob, recall, remember, type Step } from '../cache.ts'
import type { ImageRecipe } from '../catalog.ts'
import { fixedTime, oci } from '../format/names.ts'
import { type Blob, type BlobRef, bytesBlob, hashParts, type Part } from '../format/parts.ts'
import { paddingOf, type TarEntry, tarHeader, trailerSize } from '../tar.ts'

export interface Image {
  /** `redoubt.dev/etcd:v3.6.8` */
  name: string
  mediaType: string
  manifest: Blob
  config: Blob
  layer: Blob
}

interface ImageInputs {
  name: ImageName
  version: string
  architecture: Lock['architecture']
  recipe: ImageRecipe
  program: BlobRef
  /** Further programs: path and blob. */
  further: readonly (readonly [string, BlobRef])[]
  /** Tar entries, without an end: of packages (sources/debian/deb-files.ts), of a module's sources (sources/go-sources.ts). */
  entries: readonly BlobRef[]
}

/**
 * An OCI image of one uncompressed layer (OCI image specification v1.1): a few files that any program expects, the programs, and the
 * packages. The same inputs give the same bytes. The layer is read once per cache to learn its digest.
 */
export async function assembleImage(
  cache: Cache,
  inputs: ImageInputs,
  onBytes: (count: number) => void,
): Promise<Image> {
  const parts = layerParts(cache, inputs)
  const step: Step<BlobRef> = {
    inputs: {
      step: 'layer-1',
      path: inputs.recipe.program,
      program: inputs.program.digest,
      userland: inputs.entries[0]?.digest ?? '',
      ...furtherInputs(inputs),
    },
    blobs: () => [],
  }
  let layer = await recall(cache, step)
  if (!layer) {
    layer = await hashParts(parts, onBytes)
    await remember(cache, step, layer)
  }
  const config = bytesBlob(JSON.stringify(imageConfig(inputs, layer)))
  const manifest = bytesBlob(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: oci.manifest,
      config: { mediaType: oci.config, digest: config.digest, size: config.size },
      layers: [{ mediaType: oci.layer, digest: layer.digest, size: layer.size }],
    }),
  )
  return {
    name: imageName(inputs.name, inputs.version),
    mediaType: oci.manifest,
    manifest,
    config,
    layer: { ...layer, parts },
  }
}

/** What only images of several parts depend on: the cache knows the others by the inputs above. */
function furtherInputs({ further, entries, recipe: { links } }: ImageInputs): object {
  const named = further.map(([path, { digest }]) => [path, digest])
  const rest = entries.slice(1).map(({ digest }) => digest)
  return { ...(named.length > 0 ? { named } : {}), ...(rest.length > 0 ? { rest } : {}), ...(links ? { links } : {}) }
}

/** `redoubt.dev/pause:0.1.7-1-b2`: our own repository; what a tag cannot hold (`+`) becomes a hyphen. */
function imageName(name: ImageName, version: string): string {
  return `${imageRepository}/${name}:${version.replace(/[^\w.-]/g, '-')}`
}

function imageConfig(inputs: ImageInputs, layer: BlobRef): object {
  const { recipe } = inputs
  return {
    created: new Date(fixedTime * 1000).toISOString(),
    architecture: inputs.architecture,
    os: 'linux',
    config: {
      ...(recipe.user ? { User: recipe.user } : {}),
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Entrypoint: recipe.entrypoint,
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    history: [{ created: new Date(fixedTime * 1000).toISOString(), created_by: 'redoubt bundle build' }],
  }
}

const accounts = {
  'etc/passwd':
    'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/nonexistent:/sbin/nologin\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\nnonroot:x:65532:\n',
}

function layerParts(cache: Cache, { recipe, program, further, entries }: ImageInputs): Part[] {
  const folder = (path: string, mode = 0o755): Part => headerPart({ path, type: 'folder', mode, size: 0 })
  const parents = recipe.program.split('/').slice(0, -1)
  return [
    folder('etc'),
    ...Object.entries(accounts).flatMap(([path, text]) =>
      filePart({ path, type: 'file', mode: 0o644, size: text.length }, Buffer.from(text)),
    ),
    folder('tmp', 0o1777),
    ...parents.map((_, index) => folder(parents.slice(0, index + 1).join('/'))),
    ...[[recipe.program, program] as const, ...further].flatMap(([path, blob]): Part[] => [
      headerPart({ path, type: 'file', mode: 0o755, size: blob.size }),
      ...cachedBlob(cache, blob).parts,
      { bytes: Buffer.alloc(paddingOf(blob.size)) },
    ]),
    ...entries.flatMap((blob) => cachedBlob(cache, blob).parts),
    ...Object.entries(recipe.links ?? {}).map(([path, target]) =>
      headerPart({ path, type: 'link', mode: 0o777, size: 0, target }),
    ),
    { bytes: Buffer.alloc(trailerSize) },
  ]
}

function headerPart(entry: TarEntry): Part {
  return { bytes: tarHeader(entry) }
}

function filePart(entry: TarEntry, content: Buffer): Part[] {
  return [headerPart(entry), { bytes: Buffer.concat([content, Buffer.alloc(paddingOf(content.length))]) }]
}
