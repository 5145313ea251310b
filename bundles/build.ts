import type { KeyObject } from 'node:crypto'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Lock } from '../cluster/lock.ts'
import { fail } from '../lib/errors.ts'
import { withLock } from '../lib/lock.ts'
import { countOf, formatBytes } from '../lib/output.ts'
import { cachedPath, dropCorrupt } from './cache.ts'
import { deltaOf } from './delta/layout.ts'
import { type Blob, bytesBlob } from './format/parts.ts'
import { signBytes } from './keys.ts'
import { refuseForeignProgram } from './produce/machines.ts'
import { type ProduceOptions, type Product, produce } from './produce/produce.ts'
import { DamagedBlob } from './write/entries.ts'
import { layOut } from './write/layout.ts'
import { writeVolumes } from './write/volumes.ts'
import { fillBundle } from './write/write.ts'

export interface BuildOptions extends ProduceOptions {
  /** Where the bundle goes; volumes get their names from it. */
  target: string
  /** Most bytes of a file; undefined: one file, however large. */
  volumeSize: number | undefined
  key: KeyObject
  /** Hands over the redoubt executable for the bundle's architecture: made when everything else but the layers of images is there. */
  withExecutable: <T>(work: (path: string) => Promise<T>) => Promise<T>
  /** `redoubt 0.1.0` */
  tool: string
  /** Who builds it, and when, if the statement is to say so. */
  builder: string | undefined
  built: string | undefined
}

export interface Built {
  /** What the bundle was made by. */
  lock: Lock
  /** The file, or its volumes in their order. */
  paths: string[]
  /** Bytes of the bundle or delta, without the headers of volumes. */
  size: number
  /** SHA-256 of the signed statement, hex: names these very bytes, as every entry's digest hangs from it. */
  id: string
  blobs: number
  /** What a delta leaves out: how many blobs, the executable too, and bytes. */
  leftOut: { count: number; size: number } | undefined
}

/**
 * Makes a bundle. What is found damaged in the cache is made again, once. Throws `failed` for an executable of another architecture, and
 * while another build makes this bundle: two would mix their volumes.
 */
export async function buildBundle(options: BuildOptions): Promise<Built> {
  return await withLock(`${options.target}.lock`, () => buildAlone(options))
}

async function buildAlone(options: BuildOptions): Promise<Built> {
  const product = await produce(options)
  return await options.withExecutable(async (executable) => {
    await refuseForeignProgram('redoubt', executable, options.architecture)
    try {
      return await write(options, executable, product)
    } catch (error) {
      if (!(error instanceof DamagedBlob)) throw error
      await repair(options, product, error.blob)
      return await write(options, executable, await produce(options))
    }
  })
}

async function write(options: BuildOptions, executable: string, product: Product): Promise<Built> {
  const { lock, images, blobs } = product
  const { out, signal, target, key, tool, builder, built, spec, volumeSize, base } = options
  const signed = await signExecutable(executable, key)
  const named = { name: spec.name, version: spec.version }
  const whole = layOut({
    ...named,
    tool,
    builder,
    built,
    lock,
    images,
    blobs,
    key,
    ...signed,
  })
  const delta = base && deltaOf(whole, named, base, key)
  const layout = delta ?? whole
  const leftOut = delta && {
    count: delta.needs.length,
    size: delta.needs.reduce((sum, { size }) => sum + size, 0),
  }
  const step = (work: (onProgress: (done: number) => void) => Promise<string[] | undefined>) =>
    out.step(`write ${basename(target)}`, async (report) => {
      const volumes = await work((done) => report.progress(done, layout.size))
      const cut = volumes ? `, ${countOf(volumes.length, 'volume')}` : ''
      const without = leftOut ? `, without ${formatBytes(leftOut.size)} that the base has` : ''
      report.detail(
        `${formatBytes(layout.size)}, ${countOf(blobs.length, 'blob')}, ${countOf(images.length, 'image')}${cut}${without}`,
      )
      return volumes ?? []
    })
  const inVolumes = async (most: number) => {
    await product.fetch()
    const cutting = { volumeSize: most, key, ...named }
    return await step((onProgress) => writeVolumes(target, layout, cutting, onProgress, signal))
  }
  const inOne = () =>
    fillBundle(target, layout, async ({ slotOf, writeRest }) => {
      const placed = await product.fetch({ slotOf, keep: !options.noCache })
      await step(async (onProgress) => void (await writeRest(placed, onProgress, signal)))
    })
  const paths = volumeSize ? await inVolumes(volumeSize) : await inOne()
  return { lock, paths, size: layout.size, id: whole.id, blobs: blobs.length, leftOut }
}

/**
 * Ed25519 signs the whole message, so the executable, and nothing else ever, is read into memory; its memory is given back at once, not
 * when the collector comes by.
 */
async function signExecutable(
  file: string,
  key: KeyObject,
): Promise<{ executable: Blob; executableSignature: Buffer }> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const bytes = new Uint8Array(size)
    for (let done = 0, count = 1; done < size && count > 0; done += count)
      count = (await handle.read(bytes, done, size - done, done)).bytesRead
    const executableSignature = signBytes(bytes, key)
    const { digest } = bytesBlob(bytes)
    bytes.buffer.transfer(0)
    return { executable: { digest, size, parts: [{ file, size }] }, executableSignature }
  } finally {
    await handle.close()
  }
}

/** Where one blob is damaged others may be: drops all that are from the cache. Throws `failed` when the damage is elsewhere. */
async function repair({ cache, out }: BuildOptions, { blobs }: Product, damaged: Blob): Promise<void> {
  const folder = cachedPath(cache, 'sha256:')
  const files = blobs.flatMap((blob) => filesOf(blob).filter((file) => file.startsWith(folder)))
  const dropped = await dropCorrupt(
    cache,
    [...new Set(files)].map((file) => `sha256:${basename(file)}`),
  )
  for (const digest of dropped) out.warn(`${cachedPath(cache, digest)} was damaged and is made again`)
  if (dropped.length === 0)
    fail('failed', 'changed while the bundle was written', { where: filesOf(damaged).join(', '), hint: 'Run again.' })
}

function filesOf(blob: Blob): string[] {
  return blob.parts.flatMap((part) => ('file' in part ? [part.file] : []))
}
