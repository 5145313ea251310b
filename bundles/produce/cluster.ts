// A cluster's own parts: programs, packages, and the images that are assembled from them.

import {
  type BinaryName,
  binaryPaths,
  type ComponentName,
  components,
  type ImageName,
  imageComponents,
} from '../../cluster/components.ts'
import type { DebPackage, Lock } from '../../cluster/lock.ts'
import { countOf } from '../../lib/output.ts'
import { mapPool } from '../../lib/pool.ts'
import { cachedBlob } from '../cache.ts'
import type { Blob } from '../format/parts.ts'
import { userlandOf } from '../sources/debian/deb-files.ts'
import { sourcesOf } from '../sources/go-sources.ts'
import { assembleImage, type Image } from './image.ts'
import { refuseForeignPackages, refuseForeignPrograms } from './machines.ts'
import { collectPackages, sharedUserland } from './packages.ts'
import { checkCompiler, compilePrograms, extractPrograms, type ProgramOptions, type Programs } from './programs.ts'

/** What a cluster is made of: its part of the lock, its images, every blob. */
interface ClusterParts extends Pick<Lock, 'components' | 'packages' | 'imagePackages'> {
  images: Image[]
  blobs: Blob[]
}

/**
 * Gets a cluster's parts into the cache: compiled, fetched, assembled. For an empty catalogue there are none. Throws `failed` for a program or
 * package of another architecture.
 */
export async function produceCluster(options: ProgramOptions): Promise<ClusterParts> {
  const { cache, catalog, architecture } = options
  if (!catalog.kubernetes) return { components: {}, packages: [], imagePackages: [], images: [], blobs: [] }
  await checkCompiler(options)
  const debs = await collectPackages(options)
  refuseForeignPackages(debs, architecture)
  const programs: Programs = { ...(await compilePrograms(options)), ...(await extractPrograms(options, debs.programs)) }
  await refuseForeignPrograms(cache, programs, architecture)
  const images = await assembleImages(options, programs, debs.imagePackages)
  const placed = Object.keys(binaryPaths)
    .filter((name) => catalog.components[name as BinaryName])
    .map((name) => programOrThrow(programs, name as BinaryName).binary)
  return {
    components: Object.fromEntries(
      components.flatMap((name) => (catalog.components[name] ? [[name, entryOf(programs, images, name)]] : [])),
    ),
    packages: debs.packages,
    imagePackages: debs.imagePackages[sharedUserland] ?? [],
    images: images.map(({ image }) => image),
    blobs: [
      ...[...placed, ...debs.packages].map((ref) => cachedBlob(cache, ref)),
      ...images.flatMap(({ image }) => [image.manifest, image.config, image.layer]),
    ],
  }
}

async function assembleImages(
  { cache, catalog, architecture, out, signal, jobs }: ProgramOptions,
  programs: Programs,
  packagesOf: Partial<Record<ImageName, DebPackage[]>>,
): Promise<Assembled[]> {
  return await out.step('assemble images', async (report) => {
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
      const packages = packagesOf[name]
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
