import {
  type BinaryName,
  binaryPaths,
  type ComponentName,
  components,
  type ImageName,
  imageComponents,
} from '../../cluster/components.ts'
import type { DebPackage, Lock, LockedImage } from '../../cluster/lock.ts'
import type { LoadedSpec } from '../../cluster/spec.ts'
import { fail } from '../../lib/errors.ts'
import { mapPool } from '../../lib/pool.ts'
import { cachedPath } from '../cache.ts'
import type { IndexedImage } from '../format/oci-index.ts'
import type { Blob, BlobRef } from '../format/parts.ts'
import { compareLocks } from '../lock-diff.ts'
import { userlandOf } from '../sources/deb-files.ts'
import { readFiles } from '../sources/file.ts'
import { sourcesOf } from '../sources/go-sources.ts'
import { assembleImage, type Image } from './image.ts'
import { collectWanted } from './images.ts'
import { collectPackages, sharedUserland } from './packages.ts'
import {
  checkCompiler,
  compilePrograms,
  countOf,
  extractPrograms,
  type ProgramOptions,
  type Programs,
} from './programs.ts'

/** Everything that goes into a bundle but for the executable, and the lock that says what it is. */
export interface Product {
  lock: Lock
  images: IndexedImage[]
  /** Every blob, each digest once. */
  blobs: Blob[]
}

export interface ProduceOptions extends ProgramOptions {
  spec: LoadedSpec
  /** The workspace's folder: `spec.bundle.files` are relative to it. */
  workspace: string
}

/**
 * Gets every part of a bundle into the cache. With pins, exactly those: an output that differs from its pin is refused with `failed`.
 */
export async function produce(options: ProduceOptions): Promise<Product> {
  const { cache, catalog, architecture, pins, out, signal, jobs } = options
  await checkCompiler(options)
  const debs = await collectPackages(options)
  const programs: Programs = { ...(await compilePrograms(options)), ...(await extractPrograms(options, debs.programs)) }
  const images = await out.step('assemble images', async (report) => {
    let read = 0
    const onBytes = (count: number) => {
      read += count
      report.status(`${Math.round(read / 1e6)} MB read`)
    }
    const wanted = imageComponents.flatMap((name) => {
      const recipe = catalog.images[name]
      return recipe ? [{ name, recipe }] : []
    })
    const made = await mapPool(wanted, jobs, async ({ name, recipe }) => {
      const { version, binary } = programOrThrow(programs, name)
      const packages = debs.imagePackages[name]
      const entries = [
        ...(packages ? [await userlandOf(cache, packages, signal)] : []),
        ...(recipe.sources ? [await sourcesOf(cache, catalog, recipe.sources, signal)] : []),
      ]
      const further = Object.entries(recipe.programs ?? {}).map(
        ([path, component]) => [path, programOrThrow(programs, component).binary] as const,
      )
      const image = await assembleImage(
        cache,
        { name, version, architecture, recipe, program: binary, further, entries },
        onBytes,
      )
      return { component: name, image, packages }
    })
    report.detail(countOf(made.length, 'image'))
    return made
  })
  const carried = await collectWanted(options)
  const files = await readFiles(options.spec, options.workspace)
  const lock: Lock = {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'Lock',
    kubernetes: catalog.kubernetes,
    architecture,
    components: Object.fromEntries(
      components.flatMap((name) => (catalog.components[name] ? [[name, entryOf(programs, images, name)]] : [])),
    ) as Lock['components'],
    packages: debs.packages,
    imagePackages: debs.imagePackages[sharedUserland] ?? [],
    files: files.map(({ name, blob }) => ({ name, digest: blob.digest, size: blob.size })),
    images: carried,
  }
  if (pins) refuseDifferences(pins, lock)
  const inCache = (ref: BlobRef): Blob => ({ ...ref, parts: [{ file: cachedPath(cache, ref.digest), size: ref.size }] })
  const placed = Object.keys(binaryPaths)
    .filter((name) => catalog.components[name as BinaryName])
    .map((name) => inCache(programOrThrow(programs, name as BinaryName).binary))
  const imageBlobs = images.flatMap(({ image }) => [image.manifest, image.config, image.layer])
  const carriedBlobs = carried
    .flatMap((image) => [image, ...image.artifacts].flatMap((entry) => entry.blobs))
    .map(inCache)
  const all = [
    ...placed,
    ...carriedBlobs,
    ...debs.packages.map(inCache),
    ...files.map((file) => file.blob),
    ...imageBlobs,
  ]
  const blobs = [...new Map(all.map((blob) => [blob.digest, blob])).values()]
  const own = images.map(({ image }) => image)
  return { lock, images: [...own, ...carried.map(indexed)], blobs }
}

function indexed({ name, mediaType, digest, size }: LockedImage): IndexedImage {
  return { name, mediaType, manifest: { digest, size } }
}

interface Assembled {
  component: ImageName
  image: Image
  packages: DebPackage[] | undefined
}

function entryOf(programs: Programs, images: readonly Assembled[], name: ComponentName) {
  const made = images.find((entry) => entry.component === name)
  const program = programOrThrow(programs, name)
  if (!made) return program
  const { image, packages } = made
  const own = packages && name !== sharedUserland ? { packages } : {}
  return { ...program, image: { name: image.name, digest: image.manifest.digest, size: image.manifest.size, ...own } }
}

function programOrThrow(programs: Programs, name: ComponentName) {
  const program = programs[name]
  if (!program) throw new Error(`nothing provides ${name}`)
  return program
}

function refuseDifferences(pins: Lock, built: Lock): void {
  const differences = compareLocks(pins, built)
  if (differences.length === 0) return
  const shown = differences.slice(0, 8).map(({ what, before, after }) => `${what}: pinned ${before}, built ${after}`)
  const more = differences.length > shown.length ? [`and ${differences.length - shown.length} more`] : []
  fail('failed', `what was built is not what the lock pins:\n  ${[...shown, ...more].join('\n  ')}`, {
    where: 'redoubt.lock.yaml',
    hint: 'If the change is wanted, move the pins with `redoubt bundle lock --update`; else find out what differs on this machine.',
  })
}
