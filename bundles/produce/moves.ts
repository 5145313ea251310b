// Which pins of a lock are to move, by the names that people give them.
import type { BundleSpec } from '../../cluster/bundle.ts'
import type { Lock } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import type { Catalog } from '../catalog.ts'
import type { Difference } from '../lock-diff.ts'
import { parseReference } from '../registry/reference.ts'
import { nameOf } from '../sources/registry.ts'
import { wantedReleases } from './files.ts'
import { wantedImages } from './images.ts'
import { unpinnedPackages } from './packages.ts'

/** A pin: as compareLocks calls it, and what a person may call it. */
interface Pin {
  key: string
  names: readonly string[]
}

/**
 * The pins that `names` mean, as compareLocks calls them. What is compiled together moves together, and what is new comes along. Throws
 * `usage` for a name that no pin has, with the nearest that one has.
 */
export function movesOf(names: readonly string[], lock: Lock, spec: SpecNames, catalog: Catalog): ReadonlySet<string> {
  const pinned = pinsOf(lock)
  const wanted = [
    ...pinsOf({ ...lock, ...spec, components: {}, packages: [], imagePackages: [] }),
    ...unpinnedPackages(lock, catalog).map(packagePin),
  ]
  const pins = [...pinned, ...wanted]
  const moves = names.flatMap((name) => {
    const found = pins.filter((pin) => pin.names.includes(name)).map(({ key }) => key)
    if (found.length > 0) return found
    // A file that a folder of manifests has and the lock has not yet.
    if (spec.manifests.some((manifest) => isBelow(name, manifest.name))) return `manifest ${name}`
    const near = nearest(
      name,
      pins.flatMap((pin) => pin.names),
    )
    return fail('usage', `nothing is pinned as ${name}`, {
      where: 'redoubt.lock.yaml',
      hint: near
        ? `Did you mean ${near}?`
        : '`redoubt bundle inspect` shows what a bundle holds; names are those of redoubt.yaml.',
    })
  })
  // A program that is taken out of a package is that package.
  const debs = moves.flatMap((key) => {
    const origin = catalog.components[key as keyof typeof catalog.components]
    return origin?.kind === 'deb' ? [`package ${origin.package}`] : []
  })
  const wrappers = moves.flatMap((key) => wrapperOf(catalog, key) ?? [])
  const together = Object.keys(catalog.components).filter((name) => wrappers.includes(wrapperOf(catalog, name) ?? ''))
  // With any, what is new comes along: it has no pin that could stay.
  const isNew = ({ key }: Pin) => !pinned.some((pin) => pin.key === key || isBelow(pin.key, key))
  const fresh = names.length > 0 ? wanted.filter(isNew).map(({ key }) => key) : []
  return new Set([...moves, ...debs, ...together, ...fresh])
}

/** What the spec names and the lock may not have yet: the parts of a lock that it would have. */
type SpecNames = Pick<Lock, 'files' | 'images' | 'charts' | 'manifests' | 'releases'>

/** The names in a spec, as a lock would have them. Throws as the readers of these names do. */
export function namesOf(spec: BundleSpec, architecture: string): SpecNames {
  const none = { digest: '', size: 0 }
  return {
    files: spec.files.map(({ name }) => ({ name, ...none })),
    images: wantedImages(spec, architecture).map(({ name }) => {
      return { name: nameOf(parseReference(name)), mediaType: '', platforms: [], artifacts: [], blobs: [], ...none }
    }),
    charts: spec.charts.map((chart) => {
      if (!('oci' in chart))
        return { name: chart.name, version: '', from: chart.repository, url: chart.repository, archive: none }
      const name = /([^/:]+)[:@][^/]*$/.exec(chart.oci)?.[1] ?? ''
      return { name, version: '', from: chart.oci, archive: none }
    }),
    manifests: spec.manifests.map((name) => ({ name, ...none })),
    releases: wantedReleases(spec).map(({ name, url }) => ({ name, url, ...none })),
  }
}

/** True when a difference is of a pin that moves. */
export function isMoved({ what }: Pick<Difference, 'what'>, moving: ReadonlySet<string>): boolean {
  return (
    [...moving].some(
      (key) => what === key || what.startsWith(`${key} `) || (key.startsWith('manifest ') && isBelow(what, key)),
    ) || movedPackage(what, moving)
  )
}

/** Whether a name lies in a folder of manifests, whichever way that is written: `apps`, `apps/`. */
export function isBelow(name: string, folder: string): boolean {
  return name.startsWith(`${folder.replace(/\/+$/, '')}/`)
}

/** Packages bring along what they depend on, and what they are put into has other bytes then. */
function movedPackage(what: string, moving: ReadonlySet<string>): boolean {
  return / (program|image)$|package \S+$/.test(what) && [...moving].some((key) => key.startsWith('package '))
}

function wrapperOf(catalog: Catalog, name: string): string | undefined {
  const origin = catalog.components[name as keyof typeof catalog.components]
  return origin?.kind === 'go' ? origin.wrapper : undefined
}

function pinsOf({ components, packages, imagePackages, files, images, charts, manifests, releases }: Lock): Pin[] {
  const within = Object.values(components).flatMap((entry) => entry?.image?.packages ?? [])
  return [
    ...Object.keys(components).map((name) => ({ key: name, names: [name] })),
    ...[...packages, ...imagePackages, ...within].map(({ name }) => packagePin(name)),
    ...files.map(({ name }) => ({ key: `file ${name}`, names: [name] })),
    ...images.map(({ name }) => ({ key: `image ${name}`, names: shorter(name) })),
    ...charts.map(({ name, from, artifact, url }) => ({
      key: `chart ${artifact || !url ? from : name}`,
      names: [name, from, from.replace(/:[^:/]*$/, '')],
    })),
    ...manifests.map(({ name }) => ({ key: `manifest ${name}`, names: [name, ...folders(name)] })),
    ...releases.map(({ name, url }) => ({ key: `release ${name}`, names: [name, url] })),
  ]
}

function packagePin(name: string): Pin {
  return { key: `package ${name}`, names: [name] }
}

/** `docker.io/library/nginx:1.27` is also `nginx:1.27`, and either without its tag. */
function shorter(name: string): string[] {
  const all = [name, name.replace(/^docker\.io\/(library\/)?/, '')]
  return [...all, ...all.map((each) => each.replace(/:[^:/]*$/, ''))]
}

/** `apps/web/x.yaml` is also of `apps` and `apps/web`. */
function folders(name: string): string[] {
  if (name.includes('://')) return []
  const parts = name.split('/').slice(0, -1)
  return parts.flatMap((_, index) => {
    const folder = parts.slice(0, index + 1).join('/')
    return [folder, `${folder}/`]
  })
}
