import type { DebPackage, Lock, LockedChart, LockedFile, LockedImage } from '../cluster/lock.ts'
import { hexOf } from '../lib/hash.ts'

/** One thing that two locks pin differently; `-` stands for absent. */
export interface Difference {
  /** What kind of thing it is; `what` begins with it where a name alone would not do. */
  kind: Kind
  /** `kube-apiserver`, `package nftables`, `file NAME` */
  what: string
  before: string
  after: string
}

type Kind =
  | 'executable'
  | 'cluster'
  | 'component'
  | 'package'
  | 'image package'
  | 'file'
  | 'image'
  | 'chart'
  | 'manifest'
  | 'release'

/** A difference whose kind its caller knows. */
type Moved = Omit<Difference, 'kind'>

/** What moved between two locks, in the order of the lock. Empty when they pin the same. */
export function compareLocks(before: Lock, after: Lock): Difference[] {
  const names = [...new Set([...Object.keys(before.components), ...Object.keys(after.components)])]
  const files = (kind: 'file' | 'manifest' | 'release', a: readonly LockedFile[], b: readonly LockedFile[]) =>
    of(kind, compareFiles(kind, a, b))
  return [
    ...of('cluster', compare('kubernetes', before.kubernetes, after.kubernetes)),
    ...of('cluster', compare('architecture', before.architecture, after.architecture)),
    ...names.flatMap((name) => of('component', compareComponent(before, after, name as keyof Lock['components']))),
    ...of('package', comparePackages('package', before.packages, after.packages)),
    ...of('image package', comparePackages('image package', before.imagePackages, after.imagePackages)),
    ...files('file', before.files, after.files),
    ...of('image', compareImages(before, after)),
    ...of('chart', compareCharts(before, after)),
    ...files('manifest', before.manifests, after.manifests),
    ...files('release', before.releases, after.releases),
  ]
}

function of(kind: Kind, moved: readonly Moved[]): Difference[] {
  return moved.map((entry) => ({ kind, ...entry }))
}

function compareComponent(before: Lock, after: Lock, name: keyof Lock['components']): Moved[] {
  const [a, b] = [before.components[name], after.components[name]]
  if (!a || !b) return compare(name, a?.version, b?.version)
  if (a.version !== b.version) return compare(name, a.version, b.version)
  const moved = [
    ...(a.source.kind === 'go' && b.source.kind === 'go' ? compare(name, a.source.toolchain, b.source.toolchain) : []),
    ...compare(name, JSON.stringify(a.source), JSON.stringify(b.source)).map((entry) => ({
      ...entry,
      before: `${a.version} from other inputs`,
      after: b.version,
    })),
  ][0]
  if (moved) return [moved]
  const binary = compare(`${name} program`, short(a.binary.digest), short(b.binary.digest))
  if (binary.length > 0) return binary
  const packages = comparePackages(`${name} package`, a.image?.packages ?? [], b.image?.packages ?? [])
  return packages.length > 0 ? packages : compare(`${name} image`, short(a.image?.digest), short(b.image?.digest))
}

function comparePackages(kind: string, before: readonly DebPackage[], after: readonly DebPackage[]): Moved[] {
  const names = [...new Set([...before, ...after].map((entry) => entry.name))].sort()
  return names.flatMap((name) => {
    const a = before.find((entry) => entry.name === name)
    const b = after.find((entry) => entry.name === name)
    const moved = compare(`${kind} ${name}`, a?.version, b?.version)
    return moved.length > 0 ? moved : compare(`${kind} ${name}`, short(a?.digest), short(b?.digest))
  })
}

function compareFiles(kind: string, before: readonly LockedFile[], after: readonly LockedFile[]): Moved[] {
  const names = [...new Set([...before, ...after].map((entry) => entry.name))]
  return names.flatMap((name) => {
    const digest = (files: readonly LockedFile[]) => short(files.find((entry) => entry.name === name)?.digest)
    return compare(`${kind} ${name}`, digest(before), digest(after))
  })
}

function compareImages(before: Lock, after: Lock): Moved[] {
  const names = [...new Set([...before.images, ...after.images].map((image) => image.name))]
  return names.flatMap((name) => {
    const a = before.images.find((image) => image.name === name)
    const b = after.images.find((image) => image.name === name)
    const moved = compare(`image ${name}`, short(a?.digest), short(b?.digest))
    if (moved.length > 0 || !a || !b) return moved
    const platforms = compare(`image ${name}`, a.platforms.join(' '), b.platforms.join(' '))
    const artifacts = (image: LockedImage) => image.artifacts.map((entry) => short(entry.digest)).join(' ')
    return platforms.length > 0
      ? platforms
      : compare(`image ${name} artifacts`, artifacts(a) || '-', artifacts(b) || '-')
  })
}

function compareCharts(before: Lock, after: Lock): Moved[] {
  const keyOf = ({ name, from, artifact }: LockedChart) => `chart ${artifact ? from : name}`
  const names = [...new Set([...before.charts, ...after.charts].map(keyOf))]
  return names.flatMap((what) => {
    const versions = (lock: Lock) => lock.charts.filter((chart) => keyOf(chart) === what)
    const [a, b] = [versions(before), versions(after)]
    const moved = compare(
      what,
      a.map(({ version }) => version).join(' ') || '-',
      b.map(({ version }) => version).join(' ') || '-',
    )
    const digests = (charts: LockedChart[]) =>
      charts.map((chart) => short((chart.artifact ?? chart.archive).digest)).join(' ')
    return moved.length > 0 ? moved : compare(what, digests(a), digests(b))
  })
}

function compare(what: string, before = '-', after = '-'): Moved[] {
  return before === after ? [] : [{ what, before, after }]
}

/** A difference as a program reads it: null where there is nothing. */
export function inJson<T extends Difference>(difference: T) {
  const { before, after } = difference
  return { ...difference, before: before === '-' ? null : before, after: after === '-' ? null : after }
}

/** The first 12 hex digits of a digest: enough for a person to compare. */
export function short(digest: string | undefined): string | undefined {
  return digest === undefined ? undefined : hexOf(digest).slice(0, 12)
}
