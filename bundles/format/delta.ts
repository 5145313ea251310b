// A delta: a bundle less the blobs that another one, its base, holds. It begins with a signed list of what it leaves out.
import { basename, dirname, join } from 'node:path'
import * as v from 'valibot'
import { fail } from '../../lib/errors.ts'
import { blockSize, entrySize, trailerSize } from '../tar.ts'
import { limits, names } from './names.ts'
import { hex, integer, parseSigned, plain } from './statement.ts'

/** The entries that a delta begins with, in this order; after them those of the bundle that it does not leave out. */
export const deltaNames = { list: 'bundle/delta.json', listSignature: 'bundle/delta.sig' } as const

/** Largest size, in bytes, of the list. */
export const deltaLimit = limits.contents

const listSchema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('BundleDelta'),
  /** Cluster name and version of the bundle that comes out, as its statement says; SHA-256 of that statement; bytes. */
  name: plain,
  version: plain,
  bundle: hex,
  size: v.pipe(integer, v.minValue(1)),
  /** The bundle that has what is left out; `bundle`: SHA-256 of its statement. */
  base: v.strictObject({ name: plain, version: plain, bundle: hex }),
  /** What is left out, in the order of the bundle that comes out. `offset`: of its first byte there. */
  needs: v.array(v.strictObject({ path: plain, offset: integer, size: integer, sha256: hex })),
})

/** What the signature in front of a delta vouches for. */
export type DeltaList = v.InferOutput<typeof listSchema>
/** Something that is left out: the executable, or a blob. */
export type Need = DeltaList['needs'][number]

/** The one way to write a list: a need a line. */
export function writeDeltaList(list: DeltaList): Buffer {
  const { needs, ...rest } = v.parse(listSchema, list)
  const lines = needs.map((need) => JSON.stringify(need)).join(',\n')
  return Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"needs":[\n${lines}\n]}\n`)
}

/** Reads a list whose signature was checked. Throws `integrity` when it is not of this version's form. */
export function parseDeltaList(data: Buffer, where: string): DeltaList {
  const list = parseSigned(listSchema, data, where)
  let end = 0
  for (const { path, offset, size, sha256 } of list.needs) {
    const start = offset - blockSize
    const named = path === names.executable ? start === 0 : path === `blobs/sha256/${sha256}` && start > 0
    if (!named || start < end || start % blockSize > 0)
      fail('integrity', `needs: ${path} cannot be left out, or not there`, { where })
    end = start + entrySize(size)
  }
  if (end > list.size - trailerSize) fail('integrity', 'needs: more than the bundle has', { where })
  return list
}

/** Whether a file begins as a delta does. */
export function isDeltaStart(block: Buffer): boolean {
  return block.toString('latin1').startsWith(`${deltaNames.list}\0`)
}

/** `DIR/lab-0.2.0.tar` -> `DIR/lab-0.2.0.delta.tar`. */
export function deltaPath(bundle: string): string {
  return join(dirname(bundle), `${basename(bundle, '.tar')}.delta.tar`)
}

/** The other way round, also of a volume of a delta; undefined for another name. */
export function bundleOfDelta(path: string): string | undefined {
  const [, name] = /^(.+)\.delta(\.vol\d{3})?\.tar$/.exec(basename(path)) ?? []
  return name && join(dirname(path), `${name}.tar`)
}
