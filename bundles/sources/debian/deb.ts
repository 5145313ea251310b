import { join } from 'node:path'
import type { ImageName } from '../../../cluster/components.ts'
import type { DebPackage } from '../../../cluster/lock.ts'
import { fail } from '../../../lib/errors.ts'
import { byCodeUnit, listFiles } from '../../../lib/files.ts'
import { formatBytes } from '../../../lib/output.ts'
import { adopt, type Cache, isCached } from '../../cache.ts'
import type { Catalog } from '../../catalog.ts'
import { type Apt, closure, describe, download } from './apt.ts'

/** The Debian packages that a bundle needs, pinned. */
export interface DebPins {
  /** What nodes get. */
  packages: DebPackage[]
  /** What goes into each image that holds packages. */
  imagePackages: Partial<Record<ImageName, DebPackage[]>>
  /** Those of which one program is taken, by package name. */
  programs: Record<string, DebPackage>
}

/** Asks apt for the current versions of everything that the catalogue wants from Debian. */
export async function resolvePackages(apt: Apt, catalog: Catalog): Promise<DebPins> {
  const wanted = catalog.packages.map((entry) => entry.name)
  const present = new Set((await closure(apt, catalog.present)).map((entry) => entry.name))
  // usr-is-merged in both, so that apt does not choose usrmerge and its perl as a dependency of the wanted.
  const all = await closure(apt, [...wanted, 'usr-is-merged'])
  const packages = await describe(
    apt,
    all.filter((entry) => !present.has(entry.name)),
  )
  const imagePackages: DebPins['imagePackages'] = {}
  for (const [name, { packages: within, alone = [] }] of Object.entries(catalog.images)) {
    if (!within) continue
    const further = await Promise.all(alone.map((each) => describeOne(apt, catalog, each)))
    const all = [...(await describe(apt, await closure(apt, within))), ...further]
    imagePackages[name as ImageName] = all.sort((a, b) => byCodeUnit(a.name, b.name))
  }
  const programs: Record<string, DebPackage> = {}
  for (const origin of Object.values(catalog.components))
    if (origin.kind === 'deb') programs[origin.package] = await describeOne(apt, catalog, origin.package)
  return { packages, imagePackages, programs }
}

/** The current version of one package, without what it depends on. Throws `failed` when there is none. */
async function describeOne(apt: Apt, catalog: Catalog, name: string): Promise<DebPackage> {
  const version = (await closure(apt, [name])).find((entry) => entry.name === name)
  const [found] = await describe(apt, version ? [version] : [])
  return found ?? fail('failed', `Debian ${catalog.release} has no package ${name}`)
}

/** Those of `packages` that the cache does not hold, each once. */
export async function missingPackages(cache: Cache, packages: readonly DebPackage[]): Promise<DebPackage[]> {
  const missing = new Map<string, DebPackage>()
  for (const entry of packages) if (!(await isCached(cache, entry))) missing.set(entry.digest, entry)
  return [...missing.values()]
}

/** Fetches packages into the cache and checks each against its pinned digest. Throws `failed` or `integrity`. */
export async function fetchPackages(
  cache: Cache,
  apt: Apt,
  packages: readonly DebPackage[],
  onStatus: (text: string) => void,
): Promise<void> {
  const folder = await download(apt, packages, (text) => {
    const [, name, size] = /\sGet:\d+ \S+ \S+ \S+ (\S+) .*\[([^\]]+)\]/.exec(`\n${text}`) ?? []
    if (name) onStatus(`${name} ${size}`)
  })
  const fetched = new Set<string>()
  for (const name of await listFiles(folder)) fetched.add((await adopt(cache, join(folder, name))).digest)
  for (const entry of packages)
    if (!fetched.has(entry.digest))
      fail('integrity', `${entry.name} ${entry.version}: the mirror’s package is not the one that the lock pins`, {
        hint: `Expected ${entry.digest}, ${formatBytes(entry.size)}. Ask who runs the mirror, or move the pins with \`redoubt bundle lock --update\`.`,
      })
}
