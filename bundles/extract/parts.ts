import { byDigest } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import { names } from '../format/names.ts'
import type { ContentsEntry } from '../format/statement.ts'
import { type BundleItem, describeContents } from '../read/describe.ts'
import { archiveOfImages } from '../read/image-archive.ts'
import { blobEntry, executableEntry } from '../read/places.ts'
import { type BundleHead, readChecked } from '../read.ts'

/** Something that can be taken out of a bundle as one file. */
export interface Part {
  /** As `bundle inspect` calls it. */
  name: string
  /** Below the folder that it goes into; not yet known to stay there. */
  path: string
  mode: number
  /** Opens its bytes: how many, and a stream that throws at the end of a blob that is not the signed one. */
  open: () => Promise<{ size: number; bytes: AsyncIterable<Uint8Array> }>
}

/** Everything that a bundle holds: the executable, the lock, then what `bundle inspect` lists. */
export function partsOf(head: BundleHead): Part[] {
  const lock = head.contents.find((entry) => entry.path === names.lock)
  const items = describeContents(head).map((item) => partOf(head, item))
  return lock ? [...items.slice(0, 1), entryPart(head, 'lock', 'redoubt.lock.yaml', lock), ...items.slice(1)] : items
}

/**
 * The parts named: each by its name, by its path, or by the end of an image's name that no other has (`team/tool:2.0`). Throws `usage` for a
 * name that none has, or several.
 */
export function chooseParts(parts: readonly Part[], chosen: readonly string[]): Part[] {
  if (chosen.length === 0) return [...parts]
  const found = new Set(chosen.flatMap((name) => partsCalled(parts, name)))
  return parts.filter((part) => found.has(part))
}

function partsCalled(parts: readonly Part[], name: string): Part[] {
  const exact = parts.filter((part) => part.name === name || part.path === name)
  if (exact.length > 0) return exact
  const ending = parts.filter((part) => part.path.startsWith('images/') && part.name.endsWith(`/${name}`))
  if (ending.length === 1) return ending
  const near = nearest(
    name,
    parts.flatMap((part) => [part.name, part.path]),
  )
  const some = ending.slice(0, 8).map((part) => part.name)
  const meant = some.length > 0 ? `${some.join(' or ')}${ending.length > some.length ? ' or another' : ''}` : near
  return fail('usage', `the bundle holds ${ending.length > 0 ? 'several images' : 'nothing'} called ${name}`, {
    hint: `${meant ? `Did you mean ${meant}? ` : ''}\`redoubt bundle inspect\` lists the names.`,
  })
}

function partOf(head: BundleHead, item: BundleItem): Part {
  const { kind, name, version, digest } = item
  if (kind === 'executable') return entryPart(head, name, name, executableEntry(head), 0o755)
  if (kind === 'image')
    return {
      name,
      path: `images/${plain(name)}.tar`,
      mode: 0o644,
      open: async () => {
        const { size, stream } = await archiveOfImages(head, [byDigest(name, digest)])
        return { size, bytes: stream }
      },
    }
  const chart =
    kind === 'chart' ? head.lock.charts.find((one) => (one.artifact ?? one.archive).digest === digest) : undefined
  const entry = blobEntry(head, chart?.archive.digest ?? digest)
  if (!entry)
    return fail('integrity', `the lock names ${name}, which the bundle does not hold`, { where: head.archive.path })
  if (kind === 'program') return entryPart(head, name, `programs/${name}`, entry, 0o755)
  if (kind === 'chart') return entryPart(head, name, `charts/${plain(name)}-${plain(version)}.tgz`, entry)
  if (kind !== 'package') return entryPart(head, name, `${kind}s/${kind === 'file' ? name : plain(name)}`, entry)
  const { architecture = 'all' } = head.lock.packages.find((candidate) => candidate.digest === digest) ?? {}
  // An epoch's colon as apt writes it.
  return entryPart(head, name, `packages/${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`, entry)
}

function entryPart(head: BundleHead, name: string, path: string, entry: ContentsEntry, mode = 0o644): Part {
  return { name, path, mode, open: async () => ({ size: entry.size, bytes: readChecked(head, entry) }) }
}

/** A name that holds slashes, colons and the like, as one that every file system takes. */
function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9.+-]+/g, '_')
}
