import type { KeyObject } from 'node:crypto'
import { hexOf, sha256 } from '../../lib/hash.ts'
import { deltaNames, type Need, writeDeltaList } from '../format/delta.ts'
import { names } from '../format/names.ts'
import { bytesBlob } from '../format/parts.ts'
import { signBytes } from '../keys.ts'
import { blockSize, entrySize, trailerSize } from '../tar.ts'
import type { Layout } from '../write/layout.ts'
import type { Inventory } from './inventory.ts'

/** A bundle's layout without what `base` holds, and in front of it the signed list of that. The same inputs and key give the same layout. */
export function deltaOf(
  bundle: Layout,
  named: { name: string; version: string },
  base: Inventory,
  key: KeyObject,
): Layout & { needs: Need[] } {
  const needs: Need[] = []
  const carried: Layout['entries'] = []
  let offset = 0
  for (const entry of bundle.entries) {
    const { path, blob } = entry
    const hex = hexOf(blob.digest)
    const known = path === names.executable || path.startsWith('blobs/')
    if (known && base.blobs.has(hex)) needs.push({ path, offset: offset + blockSize, size: blob.size, sha256: hex })
    else carried.push(entry)
    offset += entrySize(blob.size)
  }
  const list = writeDeltaList({
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'BundleDelta',
    name: named.name,
    version: named.version,
    bundle: bundle.id,
    size: bundle.size,
    base: { name: base.name, version: base.version, bundle: base.id },
    needs,
  })
  const entries = [
    { path: deltaNames.list, mode: 0o644, blob: bytesBlob(list) },
    { path: deltaNames.listSignature, mode: 0o644, blob: bytesBlob(signBytes(list, key)) },
    ...carried,
  ]
  const size = entries.reduce((sum, { blob }) => sum + entrySize(blob.size), trailerSize)
  return { entries, size, id: sha256(list), needs }
}
