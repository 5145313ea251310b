// What is expensive to get is kept by content: blobs/sha256/HEX, and for each step of work what came out of which inputs.
// Everything appears by rename, so a kill leaves at most a temporary name. What is read is checked: a wrong step file or a
// blob of the wrong size counts as absent, and wrong bytes are found in flight (write/write.ts), dropped and made again.
import { lstat, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { throwWriteError, writeAtomic } from '../lib/files.ts'
import { sha256, sha256File } from '../lib/hash.ts'
import { clearLeftovers, temporaryName } from '../lib/leftovers.ts'
import { alive } from '../lib/lock.ts'
import type { Blob, BlobRef } from './format/parts.ts'

export interface Cache {
  root: string
}

/** `$XDG_CACHE_HOME/redoubt`, or `~/.cache/redoubt` (XDG base directory specification: a relative value is ignored). */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : join(homedir(), '.cache')
  return join(base, 'redoubt')
}

/** Makes the cache's folders and clears what killed processes left. Throws `failed` when it cannot be written. */
export async function openCache(root: string): Promise<Cache> {
  try {
    for (const folder of ['blobs/sha256', 'steps', 'work', 'partial'])
      await mkdir(join(root, folder), { recursive: true })
  } catch (error) {
    throwWriteError(error, root)
  }
  await clearLeftovers(join(root, 'work', 'step'))
  await clearForgotten(join(root, 'partial'))
  return { root }
}

/** Removes beginnings of blobs that nobody went on with: a registry's tag has long moved on, and its old layers will not be asked for. */
async function clearForgotten(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = /\.(\d+)\.[0-9a-f]{8}\.tmp$/.exec(name)?.[1]
    if (!owner || alive(Number(owner))) continue
    const info = await lstat(join(folder, name)).catch(() => undefined)
    if (info && info.mtimeMs < Date.now() - forgottenAfter)
      await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** Milliseconds: 30 days. */
const forgottenAfter = 30 * 24 * 60 * 60 * 1000

/** Where a blob is, or would be. */
export function cachedPath(cache: Cache, digest: string): string {
  return join(cache.root, 'blobs', digest.replace(':', '/'))
}

/** A blob whose bytes the cache has, as a file. */
export function cachedBlob(cache: Cache, { digest, size }: BlobRef): Blob {
  return { digest, size, parts: [{ file: cachedPath(cache, digest), size }] }
}

/** True when the cache has a file of this name and size; its bytes are checked when they are used. */
export async function isCached(cache: Cache, blob: BlobRef): Promise<boolean> {
  const info = await stat(cachedPath(cache, blob.digest)).catch(() => undefined)
  return info?.isFile() === true && info.size === blob.size
}

/** Moves a file (on the cache's own file system) into the cache; returns its digest and size. */
export async function adopt(cache: Cache, file: string): Promise<BlobRef> {
  const digest = `sha256:${await sha256File(file)}`
  const { size } = await stat(file)
  await rename(file, cachedPath(cache, digest))
  return { digest, size }
}

/** Removes those of `digests` whose bytes are not what their name says; returns them. */
export async function dropCorrupt(cache: Cache, digests: readonly string[]): Promise<string[]> {
  const dropped: string[] = []
  for (const digest of digests) {
    const path = cachedPath(cache, digest)
    const found = await sha256File(path).catch(() => '')
    if (`sha256:${found}` === digest) continue
    await rm(path, { force: true })
    dropped.push(digest)
  }
  return dropped
}

/** Runs `work` in a fresh folder of the cache that is removed afterwards. */
export async function withWorkFolder<T>(cache: Cache, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = temporaryName(join(cache.root, 'work', 'step'))
  await mkdir(folder, { mode: 0o700 })
  try {
    return await work(folder)
  } catch (error) {
    return throwWriteError(error, folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A step of work: everything that its result depends on, and which blobs the result stands for. */
export interface Step<T> {
  inputs: { step: string; [name: string]: unknown }
  blobs: (result: T) => readonly BlobRef[]
}

/** What the step gave before, or what `work` gives now in a fresh folder: that is noted. */
export async function once<T>(cache: Cache, step: Step<T>, work: (folder: string) => Promise<T>): Promise<T> {
  const known = await recall(cache, step)
  if (known) return known
  return await withWorkFolder(cache, async (folder) => {
    const result = await work(folder)
    await remember(cache, step, result)
    return result
  })
}

/** What the step gave before, if its blobs are still there. */
export async function recall<T>(cache: Cache, step: Step<T>): Promise<T | undefined> {
  try {
    const { check, result } = JSON.parse(await readFile(stepPath(cache, step), 'utf8'))
    if (check !== sha256(JSON.stringify(result))) return undefined
    for (const blob of step.blobs(result)) if (!(await isCached(cache, blob))) return undefined
    return result
  } catch {
    return undefined
  }
}

/** Notes what the step gave. */
export async function remember<T>(cache: Cache, step: Step<T>, result: T): Promise<void> {
  const path = stepPath(cache, step)
  await mkdir(dirname(path), { recursive: true })
  await writeAtomic(path, `${JSON.stringify({ inputs: step.inputs, check: sha256(JSON.stringify(result)), result })}\n`)
}

function stepPath<T>(cache: Cache, step: Step<T>): string {
  return join(cache.root, 'steps', `${sha256(JSON.stringify(step.inputs))}.json`)
}
