// Volumes: a bundle cut into files that each fit a medium. Each begins with the same signed list of all of them and its own number.
import * as v from 'valibot'
import { blockSize, paddingOf, tarHeader } from '../tar.ts'
import { hex, integer, parseSigned, plain } from './statement.ts'

/** The entries that a volume begins with, in this order; after them its slice of the bundle. */
export const volumeNames = {
  list: 'bundle/volumes.json',
  listSignature: 'bundle/volumes.sig',
  volume: 'bundle/volume.json',
} as const

/** Most volumes of a bundle, and largest sizes, in bytes, of the entries above. */
export const volumeLimits = { count: 999, list: 128 << 10, volume: 1 << 10 } as const

const listSchema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('BundleVolumes'),
  /** Cluster name and bundle version, as the statement says. */
  name: plain,
  version: plain,
  /** SHA-256 of the bundle's statement: names the bundle. */
  bundle: hex,
  /** Bytes of the bundle, and of every slice of it but the last. */
  size: v.pipe(integer, v.minValue(1)),
  slice: v.pipe(integer, v.minValue(1)),
  /** Of each slice, in the order of the volumes. */
  sha256: v.pipe(v.array(hex), v.minLength(1), v.maxLength(volumeLimits.count)),
})

/** What the signature in every volume vouches for. */
export type VolumeList = v.InferOutput<typeof listSchema>

/** The one way to write a list: a digest a line, so that plain tools find it. */
export function writeVolumeList(list: VolumeList): Buffer {
  const { sha256, ...rest } = v.parse(listSchema, list)
  const digests = sha256.map((digest) => JSON.stringify(digest)).join(',\n')
  return Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"sha256":[\n${digests}\n]}\n`)
}

/** Reads a list whose signature was checked. Throws `integrity` when it is not of this version's form. */
export function parseVolumeList(data: Buffer, where: string): VolumeList {
  const consistent = v.check(
    ({ size, slice, sha256 }: VolumeList) => Math.ceil(size / slice) === sha256.length,
    'the sizes do not fit the number of volumes',
  )
  return parseSigned(v.pipe(listSchema, consistent), data, where)
}

/** Where in the bundle the slice of volume `number` (from 1) starts, and its bytes. */
export function sliceOf({ size, slice }: VolumeList, number: number): { start: number; size: number } {
  const start = (number - 1) * slice
  return { start, size: Math.min(slice, size - start) }
}

/** What volume `number` begins with: nothing in it is free, so a header is right when it is these bytes. */
export function volumeHeader(list: VolumeList, signature: Uint8Array, number: number): Buffer {
  const { start, size } = sliceOf(list, number)
  const volume = { volume: number, of: list.sha256.length, offset: start, size, sha256: list.sha256[number - 1] }
  return Buffer.concat([
    ...entry(volumeNames.list, writeVolumeList(list)),
    ...entry(volumeNames.listSignature, signature),
    ...entry(
      volumeNames.volume,
      Buffer.from(
        JSON.stringify(volume)
          .padEnd(ownSize - 1)
          .concat('\n'),
      ),
    ),
  ])
}

/** Bytes of every bundle/volume.json: padded, so that all headers of a bundle are equally long. */
const ownSize = 192

function entry(path: string, data: Uint8Array): Uint8Array[] {
  const header = tarHeader({ path, type: 'file', mode: 0o644, size: data.length })
  return [header, data, Buffer.alloc(paddingOf(data.length))]
}

/** Whether a file begins as a volume does. */
export function isVolumeStart(block: Buffer): boolean {
  return block.length >= blockSize && block.toString('latin1').startsWith(`${volumeNames.list}\0`)
}
