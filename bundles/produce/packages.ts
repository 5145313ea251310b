import { type ImageName, imageComponents } from '../../cluster/components.ts'
import type { DebPackage, Lock } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { byCodeUnit } from '../../lib/files.ts'
import { countOf, formatBytes } from '../../lib/output.ts'
import { withWorkFolder } from '../cache.ts'
import type { Catalog } from '../catalog.ts'
import { closure, openApt } from '../sources/debian/apt.ts'
import { type DebPins, fetchPackages, missingPackages, resolvePackages } from '../sources/debian/deb.ts'
import type { ProgramOptions } from './programs.ts'

/** Has every Debian package in the cache: those that the lock pins, or the current ones. */
export async function collectPackages(options: ProgramOptions): Promise<DebPins> {
  const { cache, catalog, architecture, pins, moving, out, signal } = options
  return out.step('packages of Debian', async (report) => {
    const pinned = pins ? pinnedPackages(pins, catalog) : undefined
    const names = [...moving].flatMap((key) => /^package (.+)$/.exec(key)?.[1] ?? [])
    const found = names.length === 0 ? pinned : undefined
    let missing = found ? await missingPackages(cache, everyPackage(found)) : []
    const describe = (result: DebPins) => {
      const size = everyPackage(result).reduce((sum, entry) => sum + entry.size, 0)
      const fetched = missing.length > 0 ? `${missing.length} fetched` : 'unchanged'
      report.detail(
        `${result.packages.length} for nodes, ${inImages(result).length} for images, ${formatBytes(size)}, ${fetched}`,
      )
      return result
    }
    if (found && missing.length === 0) return describe(found)
    return withWorkFolder(cache, async (folder) => {
      report.status(`package lists of ${catalog.release}`)
      const apt = await openApt(folder, catalog.release, architecture, signal)
      report.status('what depends on what')
      const current = found ?? (await resolvePackages(apt, catalog))
      const along = new Set((names.length > 0 ? await closure(apt, names) : []).map(({ name }) => name))
      const result = found || !pinned ? current : movePackages(pinned, current, along)
      missing = await missingPackages(cache, everyPackage(result))
      if (missing.length > 0) {
        report.status(countOf(missing.length, 'package'))
        await fetchPackages(cache, apt, missing, report.status)
      }
      return describe(result)
    })
  })
}

/** The pins, of which the packages `names` are as they are now. */
export function movePackages(pinned: DebPins, current: DebPins, names: ReadonlySet<string>): DebPins {
  const mix = (before: readonly DebPackage[] = [], now: readonly DebPackage[] = []) =>
    [...before.filter(({ name }) => !names.has(name)), ...now.filter(({ name }) => names.has(name))].sort((a, b) =>
      byCodeUnit(a.name, b.name),
    )
  const images = Object.keys(current.imagePackages) as ImageName[]
  return {
    packages: mix(pinned.packages, current.packages),
    imagePackages: Object.fromEntries(
      images.map((image) => [image, mix(pinned.imagePackages[image], current.imagePackages[image])]),
    ),
    programs: Object.fromEntries(
      Object.entries(current.programs).map(([name, now]) => [
        name,
        names.has(name) ? now : (pinned.programs[name] ?? now),
      ]),
    ),
  }
}

/** Every package that is pinned, whatever for. */
export function everyPackage(pins: DebPins): DebPackage[] {
  return [...pins.packages, ...inImages(pins), ...Object.values(pins.programs)]
}

function inImages(pins: DebPins): DebPackage[] {
  return Object.values(pins.imagePackages).flat()
}

/** The image whose packages stand in the lock by themselves; those of others stand beside their digest. */
export const sharedUserland: ImageName = 'kube-proxy'

/** The packages as a lock pins them. Throws `usage` when the catalogue takes a program from another package than the lock. */
export function pinnedPackages(lock: Lock, catalog: Catalog): DebPins {
  const programs: Record<string, DebPackage> = {}
  for (const [name, origin] of Object.entries(catalog.components)) {
    if (origin.kind !== 'deb') continue
    const entry = lock.components[name as keyof typeof lock.components]
    if (entry?.source.kind !== 'deb' || entry.source.package !== origin.package)
      return fail('usage', `the lock does not say from which package ${name} comes`, {
        hint: 'Move the pins with `redoubt bundle lock --update`.',
      })
    const { digest, size } = entry.source
    programs[origin.package] = {
      name: origin.package,
      version: entry.version,
      architecture: lock.architecture,
      digest,
      size,
    }
  }
  const imagePackages: DebPins['imagePackages'] = {}
  for (const name of imageComponents)
    if (catalog.images[name]?.packages)
      imagePackages[name] =
        name === sharedUserland ? lock.imagePackages : (lock.components[name]?.image?.packages ?? [])
  return { packages: lock.packages, imagePackages, programs }
}

/** The packages that the catalogue puts into images and a lock does not pin there: that of an older redoubt. */
export function unpinnedPackages(lock: Lock, catalog: Catalog): string[] {
  const { imagePackages } = pinnedPackages(lock, catalog)
  return imageComponents.flatMap((image) => {
    const pinned = new Set(imagePackages[image]?.map(({ name }) => name))
    const { packages = [], alone = [] } = catalog.images[image] ?? {}
    return [...packages, ...alone].filter((name) => !pinned.has(name))
  })
}
