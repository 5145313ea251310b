import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fail, messageOf, RedoubtError } from './errors.ts'

/**
 * Makes a folder for this run alone (0700), below XDG_RUNTIME_DIR or else TMPDIR, and has it filled. Throws `failed` naming the
 * variable when nothing can be written there, and what `fill` throws as `usage`; the folder is gone then.
 */
export async function temporaryFolder(fill: (folder: string) => Promise<void>): Promise<string> {
  const runtime = process.env.XDG_RUNTIME_DIR
  const parent = resolve(runtime || tmpdir())
  let folder = ''
  try {
    folder = await mkdtemp(join(parent, 'redoubt-'))
    await fill(folder)
    return folder
  } catch (error) {
    if (folder) await rm(folder, { recursive: true, force: true })
    if (error instanceof RedoubtError && error.code === 'usage') throw error
    return fail('failed', `temporary files cannot be written here: ${messageOf(error)}`, {
      where: parent,
      hint: `Free some space, or set ${runtime ? 'XDG_RUNTIME_DIR' : 'TMPDIR'} to a folder that you may write.`,
      cause: error,
    })
  }
}
