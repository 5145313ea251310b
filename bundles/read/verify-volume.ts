import type { KeyObject } from 'node:crypto'
import { fail } from '../../lib/errors.ts'
import { copyAgain } from './archive.ts'
import { joinSlices } from './file.ts'
import { hashWith, type VerifyOptions } from './verify.ts'
import { openVolume, type Volume } from './volumes.ts'

/** Checks every byte of one volume, whatever became of the others. Throws `integrity`, `usage` when the file is not there. */
export async function verifyVolume(path: string, key: KeyObject, options: VerifyOptions): Promise<Volume> {
  const volume = await openVolume(path, key)
  const { list, number, slice } = volume
  const file = joinSlices([slice])
  try {
    const range = { size: slice.size, pieces: file.pieces(slice.start, slice.size) }
    const [digest] = await hashWith([range], options)
    if (digest !== list.sha256[number - 1])
      fail('integrity', `is damaged: volume ${number} of ${list.sha256.length} is not what its signature says`, {
        where: path,
        hint: copyAgain,
      })
    return volume
  } finally {
    await file.close()
  }
}
