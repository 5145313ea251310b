import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { asset } from '../../lib/assets.ts'
import { fail } from '../../lib/errors.ts'
import { run, stream } from '../../lib/exec.ts'
import { writeAtomic } from '../../lib/files.ts'
import { sha256 } from '../../lib/hash.ts'
import { adopt, type Cache, once, type Step, withWorkFolder } from '../cache.ts'
import type { Catalog, GoModule } from '../catalog.ts'
import type { BlobRef } from '../format/parts.ts'

interface Wrapper {
  module: GoModule
  files: { 'go.mod': string; 'go.sum': string; 'tools.go': string }
  /** `sha256:HEX` over go.mod and go.sum. */
  digest: string
}

/** What one `go build` over a wrapper module makes. */
export interface GoBuild {
  wrapper: Wrapper
  /** The main packages to build. */
  packages: readonly string[]
  architecture: 'amd64' | 'arm64'
  /** `go1.26.8`: the compiler that the lock names, or the one found here. The same compiler gives the same bytes. */
  toolchain: string
  /** How many programs `go build` runs at a time. */
  jobs: number
}

/** Reads a wrapper module of the catalogue. */
export function readWrapper(catalog: Catalog, name: string): Wrapper {
  const module = catalog.modules[name]
  if (!module) throw new Error(`the catalogue has no module ${name}`)
  const read = (file: string) => asset(`bundles/catalog/go/${module.folder}/${file}`).toString('utf8')
  const files = { 'go.mod': read('go.mod'), 'go.sum': read('go.sum'), 'tools.go': read('tools.go') }
  return { module, files, digest: `sha256:${sha256(`${files['go.mod']}\0${files['go.sum']}`)}` }
}

/** The version that a wrapper's go.mod requires of a module, and its checksum in go.sum (`h1:...`, golang.org/ref/mod#go-sum-files). */
export function pinOf(wrapper: Wrapper, module: string): { version: string; sum: string } {
  const version = wrapper.files['go.mod'].split('\n').flatMap((line) => {
    const words = line
      .trim()
      .replace(/^require /, '')
      .split(/\s+/)
    return words[0] === module && words[1]?.startsWith('v') ? [words[1]] : []
  })[0]
  const sum = wrapper.files['go.sum'].split('\n').flatMap((line) => {
    const words = line.split(' ')
    return words[0] === module && words[1] === version && words[2] ? [words[2]] : []
  })[0]
  if (!version || !sum) throw new Error(`${wrapper.module.folder}/go.mod and go.sum do not pin ${module}`)
  return { version, sum }
}

/** The name that `go build -o FOLDER/` gives a package's program: the last element that is no major version. */
export function programName(packagePath: string): string {
  const elements = packagePath.split('/').filter((element) => !/^v\d+$/.test(element))
  return elements.at(-1) ?? packagePath
}

const installHint =
  'Install Go 1.26 or newer (https://go.dev/dl or your distribution’s package `golang`) and put `go` on PATH.'

/** The compiler that would build a wrapper here: `go1.26.8`. Throws `failed` when go is missing or too old for it. */
export async function findToolchain(cache: Cache, wrapper: Wrapper, signal: AbortSignal): Promise<string> {
  return withWorkFolder(cache, async (folder) => {
    await writeFiles(wrapper, folder)
    const { stdout } = await run(['go', 'env', 'GOVERSION'], { cwd: folder, signal, hint: installHint })
    return stdout.trim().split(' ')[0] ?? ''
  })
}

/** The step of a build, for the cache: it depends on the modules, the packages, the flags and the compiler. */
export function goStep(build: GoBuild): Step<Record<string, BlobRef>> {
  return {
    inputs: {
      step: 'go-build-1',
      modules: build.wrapper.digest,
      ldflags: build.wrapper.module.ldflags,
      packages: [...build.packages].sort(),
      architecture: build.architecture,
      toolchain: build.toolchain,
      goflags: process.env.GOFLAGS ?? '',
      ...(build.wrapper.module.tags ? { tags: build.wrapper.module.tags } : {}),
    },
    blobs: (result) => Object.values(result),
  }
}

/**
 * Compiles a wrapper's programs into the cache, or finds them there. GOFLAGS, GOPROXY, GOSUMDB, GOPRIVATE are the user's; go.mod and
 * go.sum are ours and read-only, so every module is checked. `onPackage` hears each package that is compiled.
 * Throws `failed` with the compiler's words.
 */
export async function buildPrograms(
  cache: Cache,
  build: GoBuild,
  onPackage: (name: string) => void,
  signal: AbortSignal,
): Promise<{ programs: Record<string, BlobRef>; cached: boolean }> {
  let cached = true
  const programs = await once(cache, goStep(build), async (folder) => {
    cached = false
    await writeFiles(build.wrapper, folder)
    await mkdir(join(folder, 'out'))
    const ldflags = ['-s', '-w', ...build.wrapper.module.ldflags].join(' ')
    const flags = ['-v', '-mod=readonly', '-trimpath', '-buildvcs=false', `-p=${build.jobs}`, `-ldflags=${ldflags}`]
    if (build.wrapper.module.tags) flags.push(`-tags=${build.wrapper.module.tags.join(',')}`)
    await stream(['go', 'build', ...flags, '-o', 'out/', ...build.packages], {
      cwd: folder,
      env: buildEnvironment(build),
      signal,
      hint: `${installHint} Modules come from GOPROXY; each must match go.sum.`,
      onStderr: onPackage,
    })
    const made: Record<string, BlobRef> = {}
    for (const path of [...build.packages].sort())
      made[path] = await adopt(cache, join(folder, 'out', programName(path)))
    return made
  })
  return { programs, cached }
}

/** Fixes what would change the bytes; the rest of the environment is the user's. */
function buildEnvironment(build: GoBuild): Record<string, string> {
  return {
    CGO_ENABLED: '0',
    GOOS: 'linux',
    GOARCH: build.architecture,
    GOAMD64: 'v1',
    GOARM64: 'v8.0',
    GOWORK: 'off',
    GOEXPERIMENT: '',
    GOTOOLCHAIN: build.toolchain,
  }
}

/** Writes the wrapper's module into a folder. */
export async function writeFiles(wrapper: Wrapper, folder: string): Promise<void> {
  for (const [name, text] of Object.entries(wrapper.files)) await writeAtomic(join(folder, name), text)
}

/** Refuses a lock that was made from other modules than this catalogue's. Throws `usage`. */
export function checkModules(locked: { package: string; modules: string }, wrapper: Wrapper): void {
  if (locked.modules !== wrapper.digest)
    fail('usage', `the lock pins other Go modules for ${locked.package} than this version of redoubt carries`, {
      hint: 'Use the version of redoubt that made the lock, or move the pins with `redoubt bundle lock --update`.',
    })
}
