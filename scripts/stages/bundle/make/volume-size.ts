import { fail } from '../../../../lib/errors.ts'
import { formatBytes } from '../../../../lib/output.ts'

/** Largest file of FAT32, in bytes. */
export const fatLimit = 2 ** 32 - 1

/** The first volume holds the executable, some 112 MB, the contents and the lock; what they really need is known when all is made. */
const least = 128 * 2 ** 20

const units: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }

/** `700M` -> bytes; K, M, G are powers of 1024, as those of dd and split. `4G` is what FAT32 holds, a byte less. Throws `usage`. */
export function parseVolumeSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,12})([KMG]?)$/.exec(text) ?? []
  const size = Number(digits) * (units[unit] ?? 1)
  if (!digits) fail('usage', `--volume-size ${text}: expected a size like 700M or 2G`)
  if (size < least)
    fail('usage', `--volume-size ${text}: at least 128M`, {
      hint: 'The first volume holds the redoubt executable, the contents and the lock.',
    })
  if (size > fatLimit + 1)
    fail('usage', `--volume-size ${text}: at most 4G, so that every medium takes the files`, {
      hint: `${formatBytes(fatLimit)} is the largest file that FAT32 holds; leave the option out for one file of any size.`,
    })
  return Math.min(size, fatLimit)
}
