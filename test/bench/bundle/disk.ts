import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { listFiles } from '../../../lib/files.ts'
import { cache, clear, program, startBuild, workspace } from './ours.ts'
import { megabytes, type Row } from './row.ts'

/** Most that cache and bundle take on the disk at any time of a cold build, beside what the blobs have. Leaves bundle and cache. */
export async function diskRows(blobs: number): Promise<Row[]> {
  const executable = await allocated(program)
  const rows: Row[] = []
  for (const { args, copies } of [
    { args: ['--no-cache'], copies: 1 },
    { args: [], copies: 2 },
  ]) {
    await clear(true)
    const before = await usage()
    const most = (await peakUsage(args)) - before
    const times = (most - executable) / blobs
    rows.push({
      what: `disk, ${['redoubt bundle build', ...args].join(' ')}`,
      measured: `${megabytes(most)} with the executable: ${times.toFixed(2)}x the blobs (${megabytes(blobs)})`,
      must: `${copies}x, within 3 %`,
      met: times <= copies * 1.03,
    })
  }
  return rows
}

async function peakUsage(args: readonly string[]): Promise<number> {
  const child = startBuild(...args)
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  let most = 0
  let code: number | undefined
  while (code === undefined) {
    code = await Promise.race([ended, setTimeout(200, undefined)])
    most = Math.max(most, await usage())
  }
  if (code !== 0) throw new Error(`bundle build ended with ${code}`)
  return most
}

async function usage(): Promise<number> {
  let sum = 0
  for (const folder of [cache, workspace])
    for (const file of await listFiles(folder).catch(() => [])) sum += await allocated(join(folder, file))
  return sum
}

/** Bytes of blocks; a file that is gone has none. */
async function allocated(path: string): Promise<number> {
  return ((await lstat(path).catch(() => undefined))?.blocks ?? 0) * 512
}
