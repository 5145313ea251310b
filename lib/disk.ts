import { stat, statfs } from 'node:fs/promises'
import { fail } from './errors.ts'
import { throwWriteError } from './files.ts'
import { formatBytes } from './output.ts'

/** A disk, by the first folder that was named on it; bytes. */
export interface Disk {
  folder: string
  needed: number
  free: number
}

/** What is needed and what is free where folders are; those on one file system count together. */
export async function disksFor(needs: readonly { folder: string; bytes: number }[]): Promise<Disk[]> {
  const disks = new Map<number, Disk>()
  for (const { folder, bytes } of needs)
    try {
      const { dev } = await stat(folder)
      const { bavail, bsize } = await statfs(folder)
      const known = disks.get(dev) ?? { folder, needed: 0, free: bavail * bsize }
      disks.set(dev, { ...known, needed: known.needed + bytes })
    } catch (error) {
      throwWriteError(error, folder)
    }
  return [...disks.values()]
}

/** Throws `failed` when fewer than `bytes` are free for us where `folder` is; `what` needs them: `the bundle`. */
export async function requireSpace(folder: string, bytes: number, what: string): Promise<void> {
  refuseFull(await disksFor([{ folder, bytes }]), what)
}

/** Throws `failed` for the first disk that lacks room. */
export function refuseFull(disks: readonly Disk[], what: string): void {
  for (const { folder, needed, free } of disks)
    if (free < needed)
      fail(
        'failed',
        `${what} needs ${formatBytes(needed)} (${needed} bytes), and ${formatBytes(free)} (${free}) are free`,
        { where: folder, hint: 'Free some space, then run again: finished work is kept.' },
      )
}
