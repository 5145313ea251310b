import type { KeyObject } from 'node:crypto'
import { fail } from '../../lib/errors.ts'
import { sha256 } from '../../lib/hash.ts'
import { signatureSize } from '../format/names.ts'
import { volumePath, volumesThere } from '../format/volume-names.ts'
import {
  parseVolumeList,
  sliceOf,
  type VolumeList,
  volumeHeader,
  volumeLimits,
  volumeNames,
} from '../format/volumes.ts'
import { isSigned } from '../keys.ts'
import { type Archive, copyAgain, openOne, readAt, readContent, readEntry, signedByAnother } from './archive.ts'
import { joinSlices, type Slice } from './file.ts'

/** One volume, its header checked, its slice not read. */
export interface Volume {
  path: string
  list: VolumeList
  listSignature: Buffer
  /** SHA-256 of the list: two volumes of the same belong together. */
  listId: string
  /** From 1. */
  number: number
  slice: Slice
}

/**
 * Reads and checks a volume's header, whatever its length. With a key, nothing is parsed before the signature over the list holds. Throws
 * `integrity` naming the volume.
 */
export async function readVolumeHeader(archive: Archive, key: KeyObject | undefined): Promise<Volume> {
  const { path } = archive
  let next = 0
  const read = async (name: string, limit: number): Promise<Buffer> => {
    const entry = await readEntry(archive, next, name)
    if (entry?.path !== name || entry.size > limit)
      return fail('integrity', `is no volume of a bundle: expected ${name} at byte ${next}`, { where: path })
    next = entry.next
    return await readContent(archive, entry)
  }
  const listBytes = await read(volumeNames.list, volumeLimits.list)
  const listSignature = await read(volumeNames.listSignature, signatureSize)
  if (key && !isSigned(listBytes, listSignature, key))
    fail('integrity', 'is not signed by this key', signedByAnother(path))
  const list = parseVolumeList(listBytes, `${path}: ${volumeNames.list}`)
  const own = (await read(volumeNames.volume, volumeLimits.volume)).toString('latin1')
  const number = Number(/^\{"volume":(\d{1,3}),/.exec(own)?.[1])
  const header = await readAt(archive, 0, next, 'its header')
  if (!(number >= 1 && number <= list.sha256.length) || !volumeHeader(list, listSignature, number).equals(header))
    fail('integrity', `its header is damaged (bytes 0 to ${next})`, { where: path, hint: copyAgain })
  const [only] = archive.file.slices
  const slice = { path, handle: only?.handle, ...sliceOf(list, number), skip: next }
  return { path, list, listSignature, listId: sha256(listBytes), number, slice }
}

function checkLength({ path, number, list, slice }: Volume, size: number): void {
  const end = slice.skip + slice.size
  const what = `volume ${number} of ${list.sha256.length}`
  if (size === end) return
  fail(
    'integrity',
    size < end
      ? `ends at byte ${size}; ${what} has ${end}`
      : `has data behind its end at byte ${end}; ${what} is no longer`,
    { where: path, hint: copyAgain },
  )
}

/**
 * A bundle from its volumes, the files of this name. All that are there must be of the same bundle, cut the same way, each in its place;
 * what most of them say holds. Which are missing says `missing`; reading in one of them fails. Throws `usage` when there is none,
 * `integrity` naming the volume that is wrong.
 */
export async function openVolumes(bundle: string, key: KeyObject | undefined): Promise<Archive> {
  const volumes: Volume[] = []
  try {
    for (const path of await volumesThere(bundle)) volumes.push(await openVolume(path, key))
    const common = mostCommon(volumes)
    const { list, listSignature } = common
    const slices = list.sha256.map((_, index): Slice => {
      const path = volumePath(bundle, index + 1)
      const volume = volumes.find((candidate) => candidate.path === path)
      if (volume) refuseForeign(volume, common, index + 1)
      return volume?.slice ?? { path, handle: undefined, ...sliceOf(list, index + 1), skip: 0 }
    })
    const surplus = volumes.find(({ path }) => !slices.some((slice) => slice.path === path))
    if (surplus) refuseForeign(surplus, common, undefined)
    const missing = slices.flatMap(({ path, handle }) => (handle ? [] : [path]))
    return {
      path: volumePath(bundle, 1),
      file: joinSlices(slices),
      size: list.size,
      volumes: { list, listSignature, missing },
    }
  } catch (error) {
    await Promise.all(volumes.map(({ slice }) => slice.handle?.close()))
    throw error
  }
}

/** Opens one volume. Throws `integrity` for a wrong header or length, `usage` when it is not there. */
export async function openVolume(path: string, key: KeyObject | undefined): Promise<Volume> {
  const archive = await openOne(path)
  try {
    const volume = await readVolumeHeader(archive, key)
    checkLength(volume, archive.size)
    return volume
  } catch (error) {
    await archive.file.close()
    throw error
  }
}

/** A volume of the list that most have; of the first one where that is even. */
export function mostCommon(volumes: readonly Volume[]): Volume {
  const count = ({ listId }: Volume) => volumes.filter((other) => other.listId === listId).length
  return volumes.reduce((best, volume) => (count(volume) > count(best) ? volume : best))
}

/** Throws unless a volume is the one of its number (undefined: none is wanted there) in this list. */
function refuseForeign(volume: Volume, { list, listId }: Volume, number: number | undefined): void {
  const { name, version, bundle, sha256: digests } = volume.list
  const details = { where: volume.path, hint: 'Bring the volumes of one build together, each under its own name.' }
  const id = (hex: string) => `id ${hex.slice(0, 12)}`
  if (bundle !== list.bundle)
    fail(
      'integrity',
      `is of another bundle: ${name} ${version}, ${id(bundle)}; the others are of ${list.name} ${list.version}, ${id(list.bundle)}`,
      details,
    )
  if (volume.listId !== listId)
    fail(
      'integrity',
      `is of this bundle cut into ${digests.length} volumes; the others are of ${list.sha256.length}`,
      details,
    )
  if (volume.number !== number)
    fail('integrity', `is volume ${volume.number} of ${digests.length}, and not what its name says`, details)
}
