import type { KeyObject } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fail, isAbsent } from '../../lib/errors.ts'
import { byCodeUnit } from '../../lib/files.ts'
import { names } from '../format/names.ts'
import { volumeOf, volumesThere } from '../format/volume-names.ts'
import { isVolumeStart } from '../format/volumes.ts'
import { blockSize } from '../tar.ts'
import { type Archive, openOne } from './archive.ts'
import { openVolumes } from './volumes.ts'

/**
 * Opens a bundle: the file itself; the volumes that one of them leads to; where there is no such file, the volumes of this name; or the one
 * that a folder holds. A volume that is not there is named in `volumes.missing`. Throws `usage` when there is nothing, `integrity` for a
 * wrong volume.
 */
export async function openArchive(given: string, key: KeyObject | undefined): Promise<Archive> {
  const path = await bundleAt(given)
  const archive = await openOne(path).catch(async (error) => {
    if (isAbsent(error) && (await volumesThere(volumeOf(path)?.bundle ?? path)).length > 0) return undefined
    throw error
  })
  if (!archive) return await openVolumes(volumeOf(path)?.bundle ?? path, key)
  const block = Buffer.alloc(blockSize)
  await archive.file.read(block, 0, blockSize, 0).catch(async (error) => {
    await archive.file.close()
    throw error
  })
  const volume = volumeOf(path)
  const whole = block.toString('latin1').startsWith(`${names.executable}\0`)
  if (whole || !(volume || isVolumeStart(block))) return archive
  await archive.file.close()
  if (!volume)
    return fail('usage', 'is a volume of a bundle under a name that leads to no other', {
      where: path,
      hint: 'Give the volumes back the names that they were made with: NAME.vol001.tar, NAME.vol002.tar, ...',
    })
  return await openVolumes(volume.bundle, key)
}

/** A path as it is given; a folder stands for the one bundle in it. Throws `usage` for a folder of none, or of several. */
export async function bundleAt(given: string): Promise<string> {
  const info = await stat(given).catch(() => undefined)
  return info?.isDirectory() ? await bundleIn(given) : given
}

/** The one bundle of a folder (a stick, say): its file, or the name that its volumes share. Throws `usage` for none, and for several. */
async function bundleIn(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.tar'))
  const found = [...new Set(files.map((name) => basename(volumeOf(name)?.bundle ?? name)))].sort(byCodeUnit)
  const [only, ...more] = found
  if (!only) return fail('usage', 'holds no bundle: no file in it ends in .tar', { where: folder })
  if (more.length > 0)
    fail('usage', `holds ${found.length} files that may be bundles`, {
      where: folder,
      hint: `Name one of them: ${found.slice(0, 8).join(', ')}.`,
    })
  return join(folder, only)
}

/** Throws `integrity` naming the volumes that are not there. */
export function refuseMissing({ volumes }: Archive): void {
  const [first, ...more] = volumes?.missing ?? []
  if (!first) return
  const others = more.length > 0 ? `; so are ${more.map((name) => basename(name)).join(', ')}` : ''
  fail('integrity', `is missing: the bundle has ${volumes?.list.sha256.length} volumes${others}`, {
    where: first,
    hint: `Copy it beside the others. To check the volumes that are here: redoubt bundle verify --volume FILE`,
  })
}
