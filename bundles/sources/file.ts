import { lstat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { BundleSpec } from '../../cluster/bundle.ts'
import { fail } from '../../lib/errors.ts'
import { type Blob, hashParts } from '../format/parts.ts'

/** A file of `spec.bundle.files`: read where it stands, never copied. */
interface CarriedFile {
  name: string
  blob: Blob
}

/** Reads `spec.bundle.files`. Throws `usage` at its line for a path that is no regular file, or a name given twice. */
export async function readFiles(spec: BundleSpec, workspace: string): Promise<CarriedFile[]> {
  const files: CarriedFile[] = []
  for (const [index, { name, path }] of spec.files.entries()) {
    const where = spec.where(['files', index, 'path'])
    if (files.some((file) => file.name === name)) fail('usage', `two files have the name ${name}`, { where })
    const file = resolve(workspace, path)
    const info = await lstat(file).catch(() => undefined)
    if (!info?.isFile()) fail('usage', info ? `${path} is not a regular file` : `${path}: no such file`, { where })
    const parts = [{ file, size: info.size }]
    files.push({ name, blob: { ...(await hashParts(parts)), parts } })
  }
  return files
}
