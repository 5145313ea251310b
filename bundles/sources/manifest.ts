// Kubernetes manifests: files and folders of the workspace, where they stand; what URLs have, in the cache.

import { lstat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { BundleSpec } from '../../cluster/bundle.ts'
import type { LockedFile } from '../../cluster/lock.ts'
import { errnoOf, fail } from '../../lib/errors.ts'
import { listFiles, writeAtomic } from '../../lib/files.ts'
import { digestOf } from '../../lib/hash.ts'
import { type Cache, cachedBlob, cachedPath, dropCorrupt, isCached } from '../cache.ts'
import { type Blob, hashParts } from '../format/parts.ts'
import type { Client } from '../registry/client.ts'
import { askUrl } from './url.ts'

/** A file of manifests. */
export interface CarriedManifest {
  /** As the spec names it; of a folder with the file's own path behind. */
  name: string
  blob: Blob
}

/** Bytes of the largest file of manifests: an API server takes 3 MB of one object, and the largest releases have some 10 MB. */
const manifestFileLimit = 32 << 20

/** Reads the spec's `manifests`; `fromUrl` what stands at a URL. Throws `usage` at its line, or as `fromUrl` does. */
export async function readManifests(
  spec: BundleSpec,
  workspace: string,
  fromUrl: (name: string, where: string) => Promise<CarriedManifest[]>,
): Promise<CarriedManifest[]> {
  const found: CarriedManifest[] = []
  for (const [index, name] of spec.manifests.entries()) {
    const where = spec.where(['manifests', index])
    const remote = /^https?:\/\//.test(name)
    if (remote && !URL.canParse(name)) fail('usage', `${name} is no URL`, { where })
    const more = remote ? await fromUrl(name, where) : await readFromPath(name, workspace, where)
    for (const manifest of more) {
      if (found.some((other) => other.name === manifest.name))
        fail('usage', `${manifest.name} is named twice`, { where })
      found.push(manifest)
    }
  }
  return found
}

async function readFromPath(name: string, workspace: string, where: string): Promise<CarriedManifest[]> {
  const path = resolve(workspace, name)
  const info = await lstat(path).catch((error) => {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  })
  if (!info?.isDirectory()) return [await readFile(name, path, where)]
  const files = (await listFiles(path)).filter((file) => /\.(ya?ml|json)$/.test(file))
  if (files.length === 0) fail('usage', `${name} holds no .yaml, .yml or .json`, { where })
  return await Promise.all(
    files.map((file) => readFile(`${name.replace(/\/+$/, '')}/${file}`, join(path, file), where)),
  )
}

async function readFile(name: string, file: string, where: string): Promise<CarriedManifest> {
  const info = await lstat(file).catch(() => undefined)
  if (!info?.isFile()) return fail('usage', `${name} is no regular file and no folder`, { where })
  if (info.size > manifestFileLimit)
    fail('usage', `${name} has ${info.size} bytes; at most ${manifestFileLimit} are taken for manifests`, { where })
  const parts = [{ file, size: info.size }]
  return { name, blob: { ...(await hashParts(parts)), parts } }
}

/** The pin of what stands at a URL. Throws `usage` at its line when the lock has none. */
export function pinnedManifest(pins: readonly LockedFile[], name: string, where: string): LockedFile {
  return (
    pins.find((entry) => entry.name === name) ??
    fail('usage', `the lock pins no ${name}`, { where, hint: movePin(name) })
  )
}

function movePin(name: string): string {
  return `Move the pin with \`redoubt bundle lock --update ${name}\`.`
}

/** Reads what stands at a URL; with pins what they say. Throws `usage` at its line, or as askUrl does. */
export async function readFromUrl(
  client: Client,
  cache: Cache,
  name: string,
  pins: readonly LockedFile[] | undefined,
  where: string,
): Promise<CarriedManifest> {
  const pin = pins && pinnedManifest(pins, name, where)
  if (pin && (await isCached(cache, pin)) && (await dropCorrupt(cache, [pin.digest])).length === 0)
    return { name, blob: cachedBlob(cache, pin) }
  const bytes = await askUrl(client, new URL(name), manifestFileLimit)
  const ref = { digest: digestOf(bytes), size: bytes.length }
  if (pin && pin.digest !== ref.digest)
    fail('failed', `${name} is not what the lock pins any more: it is ${ref.digest} now`, {
      where,
      hint: movePin(name),
    })
  await writeAtomic(cachedPath(cache, ref.digest), bytes)
  return { name, blob: cachedBlob(cache, ref) }
}
