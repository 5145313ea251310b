import type { KeyObject } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { errnoOf, fail, isAbsent, RedoubtError } from '../../lib/errors.ts'
import { throwWriteError } from '../../lib/files.ts'
import { volumeOf, volumePath, volumesThere } from '../format/volume-names.ts'
import { sliceOf, type VolumeList, volumeHeader } from '../format/volumes.ts'
import { type Archive, openOne } from '../read/archive.ts'
import { joinSlices, type Slice } from '../read/file.ts'
import { bundleAt } from '../read/open.ts'
import { mostCommon, readVolumeHeader, type Volume } from '../read/volumes.ts'
import { type BundleHead, readHeadOf } from '../read.ts'

/** A copy of a bundle, open although it may be damaged anywhere: nothing but the head was checked. */
export interface Copy {
  archive: Archive
  /** Undefined when it is damaged or not this key's. */
  head: BundleHead | undefined
}

/** What is known of the volumes of a copy: what some volume of it says. */
interface Cut {
  list: VolumeList
  listSignature: Buffer
}

/** Where a copy is: one file, or the name that its volumes share and those that are there, headers read. */
export interface Place {
  path: string
  volumes: { bundle: string; readable: Volume[] } | undefined
}

/** Finds out in which form a copy is. Throws `usage` when nothing is there. */
export async function placeOf(given: string, key: KeyObject): Promise<Place> {
  const path = await bundleAt(given)
  const bundle = volumeOf(path)?.bundle ?? path
  const there = await volumesThere(bundle)
  const single = volumeOf(path) ? undefined : await openOne(path).catch((error) => unlessAbsent(error))
  await single?.file.close()
  if (single) return { path, volumes: undefined }
  if (there.length === 0)
    return fail('usage', 'no such file', { where: path, hint: 'Name a copy of the bundle, damaged or not.' })
  const readable: Volume[] = []
  for (const volume of there) {
    const archive = await openOne(volume)
    const header = await readVolumeHeader(archive, key).catch((error) => unlessDamaged(error))
    await archive.file.close()
    if (header) readable.push(header)
  }
  return { path, volumes: { bundle, readable } }
}

/** How a copy's volumes are cut: as most of them say, or, when none can be read, as those of another copy. */
export function cutOf(place: Place, others: readonly Place[]): Cut | undefined {
  if (!place.volumes) return undefined
  const own = place.volumes.readable
  const candidates = own.length > 0 ? own : others.flatMap(({ volumes }) => volumes?.readable ?? [])
  if (candidates.length === 0)
    return fail('integrity', 'no header of a volume is left', {
      where: place.path,
      hint: 'Bring a second copy that is in volumes, or copy this one again.',
    })
  const { list, listSignature } = mostCommon(candidates)
  return { list, listSignature }
}

/** Opens a copy with these flags (`r`, `r+`); volumes that are not there are read as missing. The head is read if it can be. */
export async function openCopy(place: Place, cut: Cut | undefined, key: KeyObject, flags: string): Promise<Copy> {
  const slices = await openSlices(place, cut, flags)
  const size = cut?.list.size ?? (await slices[0]?.handle?.stat())?.size ?? 0
  const missing = slices.flatMap(({ path, handle }) => (handle ? [] : [path]))
  const archive: Archive = {
    path: slices[0]?.path ?? place.path,
    file: joinSlices(slices),
    size,
    ...(cut ? { volumes: { ...cut, missing } } : {}),
  }
  return { archive, head: await readHeadOf(archive, key).catch((error) => unlessDamaged(error)) }
}

async function openSlices({ path, volumes }: Place, cut: Cut | undefined, flags: string): Promise<Slice[]> {
  if (!volumes || !cut) return [{ path, handle: await openFile(path, flags), start: 0, size: 0, skip: 0 }]
  const slices: Slice[] = []
  for (let number = 1; number <= cut.list.sha256.length; number++) {
    const volume = volumePath(volumes.bundle, number)
    const skip = volumeHeader(cut.list, cut.listSignature, number).length
    slices.push({ path: volume, handle: await openFile(volume, flags), ...sliceOf(cut.list, number), skip })
  }
  return slices
}

async function openFile(path: string, flags: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags)
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? undefined : throwWriteError(error, path)
  }
}

function unlessAbsent(error: unknown): undefined {
  if (isAbsent(error)) return undefined
  throw error
}

function unlessDamaged(error: unknown): undefined {
  if (error instanceof RedoubtError && error.code === 'integrity') return undefined
  throw error
}
