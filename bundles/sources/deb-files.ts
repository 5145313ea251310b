// What is taken out of Debian packages: one program, or everything that programs need to run, as tar entries for a layer.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Parser, type ReadEntry } from 'tar'
import type { DebPackage } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { stream } from '../../lib/exec.ts'
import { sha256File } from '../../lib/hash.ts'
import { adopt, type Cache, cachedPath, dropCorrupt, recall, remember, type Step, withWorkFolder } from '../cache.ts'
import type { BlobRef } from '../parts.ts'
import { paddingOf, type TarEntry, tarHeader } from '../tar.ts'

type Visit = (entry: TarEntry, content: AsyncIterable<Uint8Array>) => Promise<void>

/** The program at `path` of a package, in the cache. Throws `integrity` when the package has no such file. */
export async function programOf(cache: Cache, deb: DebPackage, path: string, signal: AbortSignal): Promise<BlobRef> {
  const step: Step<BlobRef> = { inputs: { step: 'deb-file-1', deb: deb.digest, path }, blobs: (result) => [result] }
  return (
    (await recall(cache, step)) ??
    (await withWorkFolder(cache, async (folder) => {
      const target = join(folder, 'program')
      let found = false
      await walkPackage(cache, deb, signal, async (entry, content) => {
        if (entry.type !== 'file' || `/${entry.path}` !== path) return
        found = true
        const file = await open(target, 'wx', 0o755)
        for await (const chunk of content) await file.write(chunk)
        await file.close()
      })
      if (!found) fail('integrity', `${deb.name} ${deb.version} has no file ${path}`)
      const result = await adopt(cache, target)
      await remember(cache, step, result)
      return result
    }))
  )
}

/** Of a package's files, those that no program reads at run time; licences (`copyright`) stay. */
const unneeded = /^usr\/share\/(doc\/(?!.*\/copyright$)|man\/|locale\/|lintian\/|bug\/|info\/|doc-base\/)/

/**
 * Tar entries (headers, contents, no end) of everything that packages install, in the order given, in the cache.
 * Folders come once; setuid bits are dropped. Throws `integrity` for a name that leaves the root, a device, a hard link or a clash.
 */
export async function userlandOf(cache: Cache, debs: readonly DebPackage[], signal: AbortSignal): Promise<BlobRef> {
  const step: Step<BlobRef> = {
    inputs: { step: 'userland-1', debs: debs.map((deb) => deb.digest) },
    blobs: (result) => [result],
  }
  const known = await recall(cache, step)
  if (known) return known
  return withWorkFolder(cache, async (folder) => {
    const target = join(folder, 'userland')
    const file = await open(target, 'wx')
    const seen = new Set<string>()
    for (const deb of debs)
      await walkPackage(cache, deb, signal, async (entry, content) => {
        if (unneeded.test(entry.path) || (entry.type === 'folder' && seen.has(entry.path))) return
        if (seen.has(entry.path)) fail('integrity', `${deb.name}: ${entry.path} is in another package too`)
        seen.add(entry.path)
        await file.write(tarHeader({ ...entry, mode: entry.mode & 0o1777 }))
        for await (const chunk of content) await file.write(chunk)
        await file.write(Buffer.alloc(paddingOf(entry.size)))
      })
    await file.close()
    const result = await adopt(cache, target)
    await remember(cache, step, result)
    return result
  })
}

/** Reads a cached package's file tree in its own order. The package is checked against its digest first. */
async function walkPackage(cache: Cache, deb: DebPackage, signal: AbortSignal, visit: Visit): Promise<void> {
  const path = cachedPath(cache, deb.digest)
  if (`sha256:${await sha256File(path)}` !== deb.digest) {
    await dropCorrupt(cache, [deb.digest])
    fail('failed', `${deb.name} ${deb.version}: the cached package was damaged and is removed`, { hint: 'Run again.' })
  }
  let work: Promise<void> = Promise.resolve()
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      work = work
        .then(() => visit(readEntry(entry, deb), entry as unknown as AsyncIterable<Uint8Array>))
        .then(() => void entry.resume())
      work.catch((error: Error) => parser.abort(error))
    },
  })
  const end = new Promise<void>((resolve, reject) => {
    parser.on('end', resolve)
    parser.on('error', reject)
  })
  end.catch(() => undefined)
  await stream(['dpkg-deb', '--fsys-tarfile', path], {
    signal,
    hint: 'dpkg-deb unpacks Debian packages: it is in the package `dpkg`.',
    onStdout: async (chunk) => {
      if (!parser.write(chunk)) await new Promise<void>((resolve) => parser.once('drain', resolve))
    },
  })
  parser.end()
  await end
  await work
}

function readEntry(entry: ReadEntry, deb: DebPackage): TarEntry {
  const path = entry.path.replace(/^\.?\//, '').replace(/\/$/, '')
  if (path.split('/').includes('..')) fail('integrity', `${deb.name}: ${entry.path} leads out of the package`)
  const base = { path, mode: entry.mode ?? 0o644, size: 0 }
  if (entry.type === 'File' || entry.type === 'OldFile') return { ...base, type: 'file', size: entry.size }
  if (entry.type === 'Directory') return { ...base, type: 'folder' }
  if (entry.type === 'SymbolicLink') return { ...base, type: 'link', target: entry.linkpath ?? '' }
  return fail('integrity', `${deb.name}: ${entry.path} is a ${entry.type}, which an image cannot take over`)
}
