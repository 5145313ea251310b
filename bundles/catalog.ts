import type { ComponentName, ImageName } from '../cluster/components.ts'
import { supportedVersions } from '../cluster/versions.ts'
import { fail } from '../lib/errors.ts'
import { catalogOf } from './catalog/catalog.ts'

/** A wrapper module beside the catalogue: its go.mod and go.sum pin everything that is compiled into its programs. */
export interface GoModule {
  /** Folder below `bundles/catalog/go/`. */
  folder: string
  /** Linker flags beyond `-s -w`: what the programs say of their own version. */
  ldflags: readonly string[]
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
}

export interface WantedPackage {
  name: string
  why: string
}

export interface Catalog {
  kubernetes: string
  modules: Record<string, GoModule>
  components: Record<ComponentName, Origin>
  images: Record<ImageName, ImageRecipe>
  /** Debian's code name of the hosts that we serve. */
  release: string
  /** What every node gets, with its closure. */
  packages: readonly WantedPackage[]
  /** What a host has before we come: the closure of these is not carried. apt patterns (apt-patterns(7)) are allowed. */
  present: readonly string[]
}

/** The catalogue of a Kubernetes version. Throws `usage` for one that we do not carry. */
export function catalogFor(kubernetes: string): Catalog {
  const version =
    supportedVersions.find((known) => known === kubernetes) ??
    fail('usage', `no catalogue for Kubernetes ${kubernetes}`, { hint: `Known: ${supportedVersions.join(', ')}.` })
  return catalogOf(version)
}
