import { statfs } from 'node:fs/promises'
import { fail } from './errors.ts'
import { throwWriteError } from './files.ts'
import { formatBytes } from './output.ts'

/** Throws `failed` when fewer than `bytes` are free for us where `folder` is; `what` needs them: `the bundle`. */
export async function requireSpace(folder: string, bytes: number, what: string): Promise<void> {
  try {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize >= bytes) return
    const [needed, free] = [bytes, bavail * bsize]
    fail(
      'failed',
      `${what} needs ${formatBytes(needed)} (${needed} bytes), and ${formatBytes(free)} (${free}) are free`,
      {
        where: folder,
        hint: 'Free some space, then run again: finished work is kept.',
      },
    )
  } catch (error) {
    throwWriteError(error, folder)
  }
}
