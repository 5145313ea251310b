import { type ComponentName, carried, type ImageName, type Provider } from '../cluster/components.ts'
import { supportedVersions } from '../cluster/versions.ts'
import { fail } from '../lib/errors.ts'
import { catalogOf } from './catalog/catalog.ts'

/** A wrapper module beside the catalogue: its go.mod and go.sum pin everything that is compiled into its programs. */
export interface GoModule {
  /** Folder below `bundles/catalog/go/`. */
  folder: string
  /** Linker flags beyond `-s -w`: what the programs say of their own version. */
  ldflags: readonly string[]
  /** Build constraints that its programs are compiled with. */
  tags?: readonly string[]
}

/** How a component is provided. */
export type Origin =
  /** A main package of a Go module, compiled here. */
  | { kind: 'go'; wrapper: string; module: string; package: string }
  /** One file of a Debian package. */
  | { kind: 'deb'; package: string; path: string }

/** What the image of a component is beyond its program. */
export interface ImageRecipe {
  /** The program's path in the image. */
  program: string
  entrypoint: readonly string[]
  /** `UID:GID` the image runs as when a pod says nothing. Without it: root, and the pod says. */
  user?: string
  /** Debian packages whose closure the image holds too. */
  packages?: readonly string[]
  /** Debian packages that it holds without what they depend on. */
  alone?: readonly string[]
  /** Further programs, by path. */
  programs?: Readonly<Record<string, ComponentName>>
  /** Symbolic links: what maintainer scripts of the packages would make. */
  links?: Readonly<Record<string, string>>
  /** Sources of a module that a program reads at run time. */
  sources?: ModuleFolder
}

/** A folder of a module of a wrapper, put into an image. */
export interface ModuleFolder {
  wrapper: string
  module: string
  /** In the module; what of it is left out, by the start of its path. */
  folder: string
  without: readonly string[]
  /** In the image. */
  path: string
}

export interface WantedPackage {
  name: string
  why: string
}

export interface Catalog {
  /** Undefined: of a bundle by itself. */
  kubernetes: string | undefined
  modules: Record<string, GoModule>
  components: Partial<Record<ComponentName, Origin>>
  images: Partial<Record<ImageName, ImageRecipe>>
  /** Debian's code name of the hosts that we serve. */
  release: string
  /** What every node gets, with its closure. */
  packages: readonly WantedPackage[]
  /** What a host has before we come: the closure of these is not carried. apt patterns (apt-patterns(7)) are allowed. */
  present: readonly string[]
}

/** A catalogue as it is written: with what every pod network needs. */
export interface WholeCatalog extends Catalog {
  components: Record<ComponentName, Origin>
  images: Record<ImageName, ImageRecipe>
}

/** What a cluster of a Kubernetes version with this pod network is made of. Throws `usage` for a version that we do not carry. */
export function catalogFor(kubernetes: string, provider: Provider): Catalog {
  const version =
    supportedVersions.find((known) => known === kubernetes) ??
    fail('usage', `no catalogue for Kubernetes ${kubernetes}`, { hint: `Known: ${supportedVersions.join(', ')}.` })
  const whole = catalogOf(version)
  const components = pick(whole.components, provider)
  const used = Object.values(components).flatMap((origin) => (origin.kind === 'go' ? [origin.wrapper] : []))
  const modules = Object.fromEntries(Object.entries(whole.modules).filter(([name]) => used.includes(name)))
  return { ...whole, components, modules, images: pick(whole.images, provider) }
}

/** What a bundle is made of that is for no cluster. */
export const emptyCatalog: Catalog = {
  kubernetes: undefined,
  modules: {},
  components: {},
  images: {},
  release: '',
  packages: [],
  present: [],
}

function pick<Name extends ComponentName, T>(from: Record<Name, T>, provider: Provider): Partial<Record<Name, T>> {
  const entries = carried(Object.keys(from) as Name[], provider).map((name) => [name, from[name]])
  return Object.fromEntries(entries) as Partial<Record<Name, T>>
}
