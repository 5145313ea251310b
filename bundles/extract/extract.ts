import { createHash } from 'node:crypto'
import { lstat, mkdir, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fail } from '../../lib/errors.ts'
import { throwIfAborted } from '../../lib/exec.ts'
import { exists, throwWriteError, writeWhole } from '../../lib/files.ts'
import { sha256File } from '../../lib/hash.ts'
import { clearLeftovers, temporaryName } from '../../lib/leftovers.ts'
import type { Part } from './parts.ts'

interface ExtractOptions {
  /** The folder that all goes into; made when it is not there. */
  to: string
  /** Put them in the place of other files of their names. */
  force: boolean
  onBytes: (count: number) => void
  signal: AbortSignal
}

/**
 * Writes a part below `to`. Its bytes appear under its name when all of them were checked. One that is there already with these very bytes
 * stays: `written` is false. A failure leaves no folder behind that was made for it. Throws `integrity` for damage and for a name that leads
 * out of the folder, `usage` for a file that is in the way.
 */
export async function extractPart(part: Part, options: ExtractOptions): Promise<{ path: string; written: boolean }> {
  const made: string[] = []
  try {
    return await writePart(part, options, made)
  } catch (error) {
    for (const folder of made.reverse()) await rmdir(folder).catch(() => {})
    throw error
  }
}

async function writePart(
  part: Part,
  options: ExtractOptions,
  made: string[],
): Promise<{ path: string; written: boolean }> {
  const path = await placeFor(part.path, options.to, made)
  if ((await exists(path)) && !options.force) {
    if (await isSame(path, part)) return { path, written: false }
    fail('usage', `is already there, and is not the ${part.name} of this bundle`, {
      where: path,
      hint: 'Name another folder, or replace it with --force.',
    })
  }
  await clearLeftovers(path)
  const { bytes } = await part.open()
  await writeWhole(path, temporaryName(path), part.mode, async (file) => {
    for await (const chunk of bytes) {
      throwIfAborted(options.signal)
      await file.writeFile(chunk)
      options.onBytes(chunk.length)
    }
  })
  return { path, written: true }
}

/** Makes the folders down to a part's own name, and notes them in `made`; those below `to` are real ones: a link could lead anywhere. */
async function placeFor(path: string, to: string, made: string[]): Promise<string> {
  const steps = path.split('/')
  if (steps.some((step) => step === '' || step === '.' || step === '..' || !/^[^\p{Cc}\\]{1,255}$/u.test(step)))
    fail('integrity', `${JSON.stringify(path)} is no name for a file: the lock of this bundle is not redoubt’s`)
  await makeFolder(to, made)
  let folder = to
  for (const step of steps.slice(0, -1)) {
    folder = join(folder, step)
    await makeFolder(folder, made)
    if (!(await lstat(folder)).isDirectory())
      fail('usage', 'is no folder', { where: folder, hint: 'Name another folder with --to, or move this away.' })
  }
  return join(folder, steps.at(-1) ?? '')
}

async function makeFolder(folder: string, made: string[]): Promise<void> {
  if (await exists(folder)) return
  await makeFolder(dirname(folder), made)
  await mkdir(folder).catch((error) => throwWriteError(error, folder))
  made.push(folder)
}

/** Whether a file has the very bytes of a part. */
async function isSame(path: string, part: Part): Promise<boolean> {
  const info = await lstat(path)
  const { size, bytes } = await part.open()
  if (!info.isFile() || info.size !== size) return false
  const hash = createHash('sha256')
  for await (const chunk of bytes) hash.update(chunk)
  return hash.digest('hex') === (await sha256File(path))
}
