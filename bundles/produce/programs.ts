import type { ComponentName } from '../../cluster/components.ts'
import type { DebPackage, Lock, LockEntry } from '../../cluster/lock.ts'
import { countOf, type Output } from '../../lib/output.ts'
import { type Cache, recall } from '../cache.ts'
import type { Catalog, Origin } from '../catalog.ts'
import type { BlobRef } from '../format/parts.ts'
import { programOf } from '../sources/debian/deb-files.ts'
import { buildPrograms, checkModules, findToolchain, type GoBuild, goStep, pinOf, readWrapper } from '../sources/go.ts'

/** What the lock says of a component apart from its image. */
type Program = Pick<LockEntry, 'version' | 'source' | 'binary'>
export type Programs = Partial<Record<ComponentName, Program>>

export interface ProgramOptions {
  cache: Cache
  catalog: Catalog
  architecture: Lock['architecture']
  /** The lock to build exactly; without it the compiler found here is used. */
  pins: Lock | undefined
  /** Of the pins those that are made anew, as compareLocks calls them: `etcd`, `image docker.io/library/nginx:1.27`. */
  moving: ReadonlySet<string>
  /** Programs that run at once. */
  jobs: number
  out: Output
  signal: AbortSignal
}

type GoOrigin = Extract<Origin, { kind: 'go' }>

/** The components that are compiled from one wrapper module. */
export function compiledFrom(catalog: Catalog, wrapper: string): { name: ComponentName; origin: GoOrigin }[] {
  return originsOf(catalog).flatMap(({ name, origin }) =>
    origin.kind === 'go' && origin.wrapper === wrapper ? [{ name, origin }] : [],
  )
}

function originsOf(catalog: Catalog): { name: ComponentName; origin: Origin }[] {
  return Object.entries(catalog.components).map(([name, origin]) => ({ name: name as ComponentName, origin }))
}

/** What building a wrapper means under the pins. Throws `usage` when the lock was made from other modules. */
export async function planBuild(options: Omit<ProgramOptions, 'out'>, wrapperName: string): Promise<GoBuild> {
  const { cache, catalog, architecture, pins, moving, jobs, signal } = options
  const wrapper = readWrapper(catalog, wrapperName)
  const members = compiledFrom(catalog, wrapperName)
  let toolchain: string | undefined
  for (const { name } of members) {
    const source = pins?.components[name]?.source
    if (source?.kind !== 'go' || moving.has(name)) continue
    checkModules(source, wrapper)
    toolchain = source.toolchain
  }
  const packages = members.map(({ origin }) => origin.package)
  return {
    wrapper,
    packages,
    architecture,
    jobs,
    toolchain: toolchain ?? (await findToolchain(cache, wrapper, signal)),
  }
}

/** Throws `failed` at once when something is to be compiled and there is no compiler: better than after minutes of fetching. */
export async function checkCompiler(options: ProgramOptions): Promise<void> {
  for (const name of Object.keys(options.catalog.modules)) {
    const build = await planBuild(options, name)
    if (await recall(options.cache, goStep(build))) continue
    await findToolchain(options.cache, build.wrapper, options.signal)
    return
  }
}

/** Compiles what comes from Go, one module after another: the compiler itself uses all cores. */
export async function compilePrograms(options: ProgramOptions): Promise<Programs> {
  const { cache, catalog, out, signal } = options
  const programs: Programs = {}
  for (const wrapperName of Object.keys(catalog.modules)) {
    const members = compiledFrom(catalog, wrapperName)
    await out.step(`compile ${wrapperName}`, async (report) => {
      const build = await planBuild(options, wrapperName)
      let compiled = 0
      const onPackage = (line: string) => {
        if (/^[\w.-]+(\/[\w.-]+)*$/.test(line)) report.status(`${++compiled} packages, ${line}`)
      }
      const { programs: built, cached } = await buildPrograms(cache, build, onPackage, signal)
      const versions = new Set<string>()
      for (const { name, origin } of members) {
        const { version, sum } = pinOf(build.wrapper, origin.module)
        const { module, package: path } = origin
        const source = {
          kind: 'go',
          module,
          version,
          sum,
          package: path,
          modules: build.wrapper.digest,
          toolchain: build.toolchain,
        } as const
        programs[name] = { version, source, binary: built[path] as BlobRef }
        versions.add(version)
      }
      report.detail(
        `${[...versions].join(', ')}, ${countOf(members.length, 'program')}, ${cached ? 'unchanged' : build.toolchain}`,
      )
    })
  }
  return programs
}

/** Takes what comes from Debian packages out of them. */
export async function extractPrograms(
  { cache, catalog, signal }: ProgramOptions,
  debs: Record<string, DebPackage>,
): Promise<Programs> {
  const programs: Programs = {}
  for (const { name, origin } of originsOf(catalog)) {
    if (origin.kind !== 'deb') continue
    const deb = debs[origin.package]
    if (!deb) throw new Error(`package ${origin.package} was not resolved`)
    const source = { kind: 'deb', package: deb.name, path: origin.path, digest: deb.digest, size: deb.size } as const
    programs[name] = { version: deb.version, source, binary: await programOf(cache, deb, origin.path, signal) }
  }
  return programs
}
