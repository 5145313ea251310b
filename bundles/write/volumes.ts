import { createHash, type KeyObject } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { requireSpace } from '../../lib/disk.ts'
import { fail } from '../../lib/errors.ts'
import { throwWriteError } from '../../lib/files.ts'
import { clearLeftovers, temporaryName } from '../../lib/leftovers.ts'
import { formatBytes } from '../../lib/output.ts'
import { names, signatureSize } from '../format/names.ts'
import { volumePath, volumesThere } from '../format/volume-names.ts'
import { type VolumeList, volumeHeader, volumeLimits, writeVolumeList } from '../format/volumes.ts'
import { signBytes } from '../keys.ts'
import { blockSize, entrySize } from '../tar.ts'
import { writeLayout } from './entries.ts'
import type { Layout } from './layout.ts'

interface VolumeOptions {
  /** Most bytes of a volume, its header too. */
  volumeSize: number
  key: KeyObject
  name: string
  version: string
}

/**
 * Writes a layout as volumes beside `path`, each byte once: the very bytes of the whole file, cut. The volumes get their names when all
 * are written and synced, the first one last: a set without it is none. What else had this name, whole or in volumes, goes. Returns their
 * paths. Nothing is left after a failure. Throws `usage` for a size that does not do, and as writeBundle does.
 */
export async function writeVolumes(
  path: string,
  layout: Layout,
  options: VolumeOptions,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const plan = planVolumes(layout, options)
  const skip = headerSize(plan)
  await clearLeftovers(path)
  await requireSpace(dirname(path), layout.size + plan.sha256.length * skip, 'the bundle')
  const temporary = plan.sha256.map(() => temporaryName(path))
  try {
    const sha256 = await writeSlices(temporary, plan, skip, (write) =>
      writeLayout(layout, { write }, onProgress, signal),
    )
    const list = { ...plan, sha256 }
    const signature = signBytes(writeVolumeList(list), options.key)
    for (const [index, file] of temporary.entries()) await writeHeader(file, volumeHeader(list, signature, index + 1))
    return await putInPlace(path, temporary)
  } catch (error) {
    await Promise.all(temporary.map((file) => rm(file, { force: true })))
    return throwWriteError(error, path)
  }
}

/** The list but for the digests, which are not known yet: as few volumes as do. Throws `usage` for a size that does not do. */
export function planVolumes(layout: Layout, { volumeSize, name, version }: Omit<VolumeOptions, 'key'>): VolumeList {
  const lock = layout.entries.findIndex((entry) => entry.path === names.lock)
  const head = layout.entries.slice(0, lock + 1).reduce((sum, entry) => sum + entrySize(entry.blob.size), 0)
  const planned = (count: number, slice: number): VolumeList => ({
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'BundleVolumes',
    name,
    version,
    bundle: layout.id,
    size: layout.size,
    slice,
    sha256: Array(count).fill('0'.repeat(64)),
  })
  // The more volumes, the longer their headers, the less each holds: settled when a round asks for no more.
  for (let count = 1; ; ) {
    const skip = headerSize(planned(count, volumeSize))
    const slice = Math.floor((volumeSize - skip) / blockSize) * blockSize
    if (slice < head)
      fail('usage', `volumes of ${volumeSize} bytes are too small`, {
        hint: `The first one holds the executable, the contents and the lock: at least ${skip + head} bytes, ${formatBytes(skip + head)}.`,
      })
    const needed = Math.ceil(layout.size / slice)
    if (needed > volumeLimits.count)
      fail('usage', `the bundle would have ${needed} volumes of ${volumeSize} bytes; at most ${volumeLimits.count}`)
    if (needed <= count) return planned(needed, slice)
    count = needed
  }
}

function headerSize(list: VolumeList): number {
  return volumeHeader(list, Buffer.alloc(signatureSize), 1).length
}

/** Writes what `produce` hands over into the files, slice by slice behind room for a header; returns each slice's SHA-256, hex. */
async function writeSlices(
  files: readonly string[],
  { size, slice }: VolumeList,
  skip: number,
  produce: (write: (data: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<string[]> {
  const digests: string[] = []
  let file: FileHandle | undefined
  let hash = createHash('sha256')
  let done = 0
  try {
    await produce(async (data) => {
      for (let at = 0; at < data.length; ) {
        const within = done % slice
        if (!file) {
          file = await open(files[digests.length] as string, 'wx', 0o644)
          await file.writeFile(Buffer.alloc(skip))
        }
        const chunk = data.subarray(at, at + slice - within)
        hash.update(chunk)
        await file.writeFile(chunk)
        at += chunk.length
        done += chunk.length
        if (done % slice > 0 && done < size) continue
        digests.push(hash.digest('hex'))
        hash = createHash('sha256')
        await file.close()
        file = undefined
      }
    })
  } finally {
    await file?.close()
  }
  return digests
}

async function writeHeader(path: string, header: Buffer): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(header, 0, header.length, 0)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Gives the volumes their names, the first one last, in the place of any earlier bundle of this name. */
async function putInPlace(path: string, temporary: readonly string[]): Promise<string[]> {
  const [first, ...more] = temporary.map((file, index) => ({ file, volume: volumePath(path, index + 1) }))
  for (const earlier of [path, ...(await volumesThere(path))]) await rm(earlier, { force: true })
  for (const { file, volume } of more) await rename(file, volume)
  if (first) await rename(first.file, first.volume)
  return temporary.map((_, index) => volumePath(path, index + 1))
}
