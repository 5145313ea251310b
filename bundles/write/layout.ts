import type { KeyObject } from 'node:crypto'
import { type Lock, lockText } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { byCodeUnit } from '../../lib/files.ts'
import { hexOf, sha256 } from '../../lib/hash.ts'
import { blobPath, limits, names, oci } from '../format/names.ts'
import { type IndexedImage, writeIndex } from '../format/oci-index.ts'
import { type Blob, bytesBlob } from '../format/parts.ts'
import { type ContentsEntry, writeContents, writeStatement } from '../format/statement.ts'
import { fingerprint, signBytes } from '../keys.ts'
import { blockSize, entrySize, trailerSize } from '../tar.ts'

/** One entry of the bundle, in the order of writing. */
export interface LayoutEntry {
  path: string
  mode: number
  blob: Blob
}

export interface Layout {
  entries: LayoutEntry[]
  /** Bytes of the whole file. */
  size: number
  /** SHA-256 of the statement, hex: it names the bundle. */
  id: string
}

interface LayoutInputs {
  name: string
  version: string
  tool: string
  /** Who says to have built it, and when: `2026-01-31T12:00:00Z`. */
  builder?: string | undefined
  built?: string | undefined
  lock: Lock
  /** The executable, as the file that it is, and its signature. */
  executable: Blob
  executableSignature: Buffer
  images: readonly IndexedImage[]
  blobs: readonly Blob[]
  key: KeyObject
}

/** Where every byte of a bundle goes. The same inputs and key give the same layout. Throws `failed` for what no reader would take. */
export function layOut(inputs: LayoutInputs): Layout {
  const lock = bytesBlob(lockText(inputs.lock))
  const signature = bytesBlob(inputs.executableSignature)
  const following: LayoutEntry[] = [
    plain(names.lock, lock),
    plain(names.layout, bytesBlob(oci.layout)),
    plain(names.index, bytesBlob(writeIndex(inputs.images))),
    ...inputs.blobs.map((blob) => plain(blobPath(blob.digest), blob)).sort((a, b) => byCodeUnit(a.path, b.path)),
  ]
  const leading = (contents: Buffer): LayoutEntry[] => {
    const statement = writeStatement({
      apiVersion: 'redoubt.dev/v1alpha2',
      kind: 'BundleStatement',
      name: inputs.name,
      version: inputs.version,
      tool: inputs.tool,
      executable: summary(inputs.executable),
      executableSignature: summary(signature),
      contents: { size: contents.length, sha256: sha256(contents) },
      lock: summary(lock),
      signer: fingerprint(inputs.key),
      ...(inputs.builder ? { builder: inputs.builder } : {}),
      ...(inputs.built ? { built: inputs.built } : {}),
    })
    return [
      { path: names.executable, mode: 0o755, blob: inputs.executable },
      plain(names.executableSignature, signature),
      plain(names.statement, bytesBlob(statement)),
      plain(names.statementSignature, bytesBlob(signBytes(statement, inputs.key))),
      plain(names.contents, bytesBlob(contents)),
    ]
  }
  // The contents list offsets, which depend on how long the contents are: settled when a round changes nothing.
  let contents = writeContents(place(following, 0))
  for (;;) {
    const start = leading(contents).reduce((sum, entry) => sum + entrySize(entry.blob.size), 0)
    const next = writeContents(place(following, start))
    if (next.equals(contents)) break
    contents = next
  }
  const entries = [...leading(contents), ...following]
  refuseUnreadable(entries)
  const size = entries.reduce((sum, entry) => sum + entrySize(entry.blob.size), trailerSize)
  const statement = entries.find((entry) => entry.path === names.statement)
  return { entries, size, id: statement ? hexOf(statement.blob.digest) : '' }
}

/** Registries say how many layers images have: better now than inside, where such a bundle would be refused. */
function refuseUnreadable(entries: readonly LayoutEntry[]): void {
  const most: Record<string, number> = {
    [names.contents]: limits.contents,
    [names.lock]: limits.lock,
    [names.index]: limits.index,
  }
  for (const { path, blob } of entries)
    if (blob.size > (most[path] ?? blob.size))
      fail('failed', `the bundle’s ${path} would have ${blob.size} bytes; at most ${most[path]} are read`, {
        hint: 'Carry fewer images in one bundle: one of them may have thousands of layers.',
      })
}

function plain(path: string, blob: Blob): LayoutEntry {
  return { path, mode: 0o644, blob }
}

function summary(blob: Blob): { size: number; sha256: string } {
  return { size: blob.size, sha256: hexOf(blob.digest) }
}

function place(entries: readonly LayoutEntry[], start: number): ContentsEntry[] {
  let offset = start
  return entries.map(({ path, blob }) => {
    const entry = { path, offset: offset + blockSize, size: blob.size, sha256: hexOf(blob.digest) }
    offset += entrySize(blob.size)
    return entry
  })
}
