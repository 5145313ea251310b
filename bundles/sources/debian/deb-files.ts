// What is taken out of Debian packages: one program, or everything that programs need to run, as tar entries for a layer.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Parser, type ReadEntry } from 'tar'
import type { DebPackage } from '../../../cluster/lock.ts'
import { fail, messageOf, RedoubtError } from '../../../lib/errors.ts'
import { stream } from '../../../lib/exec.ts'
import { sha256File } from '../../../lib/hash.ts'
import { adopt, type Cache, cachedPath, dropCorrupt, once, type Step } from '../../cache.ts'
import type { BlobRef } from '../../format/parts.ts'
import { paddingOf, type TarEntry, tarHeader } from '../../tar.ts'

type Visit = (entry: TarEntry, content: AsyncIterable<Uint8Array>) => Promise<void>

/** The program at `path` of a package, in the cache. Throws `integrity` when the package has no such file. */
export async function programOf(cache: Cache, deb: DebPackage, path: string, signal: AbortSignal): Promise<BlobRef> {
  const step: Step<BlobRef> = { inputs: { step: 'deb-file-1', deb: deb.digest, path }, blobs: (result) => [result] }
  return await once(cache, step, async (folder) => {
    const target = join(folder, 'program')
    let found = false
    await walkPackage(cache, deb, signal, async (entry, content) => {
      if (entry.type !== 'file' || `/${entry.path}` !== path) return
      found = true
      await writing(target, async (write) => {
        for await (const chunk of content) await write(chunk)
      })
    })
    if (!found) fail('integrity', `${deb.name} ${deb.version} has no file ${path}`)
    return await adopt(cache, target)
  })
}

/** Of a package's files, those that no program reads at run time; licences (`copyright`) stay. */
const unneeded = /^usr\/share\/(doc\/(?!.*\/copyright$)|man\/|locale\/|lintian\/|bug\/|info\/|doc-base\/)/

/**
 * Tar entries (headers, contents, no end) of everything that packages install, in the order given, in the cache.
 * Folders come once; setuid bits are dropped. Throws `integrity` for a name that leaves the root, a device, a hard link or a clash.
 */
export async function userlandOf(cache: Cache, debs: readonly DebPackage[], signal: AbortSignal): Promise<BlobRef> {
  const step: Step<BlobRef> = {
    inputs: { step: 'userland-2', debs: debs.map((deb) => deb.digest) },
    blobs: (result) => [result],
  }
  return await once(cache, step, async (folder) => {
    const target = join(folder, 'userland')
    const seen = new Set<string>()
    await writing(target, async (write) => {
      for (const deb of debs)
        await walkPackage(cache, deb, signal, async (entry, content) => {
          const { path, type } = entry
          if (path === '' || unneeded.test(path) || (type === 'folder' && seen.has(path))) return
          if (seen.has(path)) fail('integrity', `${deb.name}: ${path} is in another package too`)
          seen.add(path)
          await write(tarHeader({ ...entry, mode: entry.mode & 0o1777 }))
          for await (const chunk of content) await write(chunk)
          await write(Buffer.alloc(paddingOf(entry.size)))
        })
    })
    return await adopt(cache, target)
  })
}

/** Gives `work` a way to write to a new file, one chunk after another. */
async function writing(
  target: string,
  work: (write: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const file = await open(target, 'wx')
  try {
    await work((chunk) => file.writeFile(chunk))
  } finally {
    await file.close()
  }
}

/** Reads a cached package's file tree in its own order. The package is checked against its digest first. */
async function walkPackage(cache: Cache, deb: DebPackage, signal: AbortSignal, visit: Visit): Promise<void> {
  const path = cachedPath(cache, deb.digest)
  if (`sha256:${await sha256File(path)}` !== deb.digest) {
    await dropCorrupt(cache, [deb.digest])
    fail('failed', `${deb.name} ${deb.version}: the cached package was damaged and is removed`, { hint: 'Run again.' })
  }
  // Settled by the end of the archive, or by the first failure of the parser or of a visit.
  const { promise: end, resolve, reject } = Promise.withResolvers<void>()
  end.catch(() => undefined)
  let work: Promise<void> = Promise.resolve()
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      work = work.then(async () => {
        await visit(describeEntry(entry, deb), entry as unknown as AsyncIterable<Uint8Array>)
        entry.resume()
      })
      work.catch(reject)
    },
  })
  parser.on('end', resolve)
  parser.on('error', (error) => reject(unreadable(deb, error)))
  await stream(['dpkg-deb', '--fsys-tarfile', path], {
    signal,
    hint: 'dpkg-deb unpacks Debian packages: it is in the package `dpkg`.',
    onStdout: async (chunk) => {
      const drained = new Promise<void>((done) => parser.once('drain', done))
      if (!parser.write(chunk)) await Promise.race([drained, end])
    },
  })
  parser.end()
  await end
  await work
}

function unreadable(deb: DebPackage, cause: unknown): RedoubtError {
  return new RedoubtError('integrity', `${deb.name} ${deb.version}: its files cannot be read: ${messageOf(cause)}`, {
    cause,
  })
}

function describeEntry(entry: ReadEntry, deb: DebPackage): TarEntry {
  const path = entry.path.replace(/^\.?\//, '').replace(/\/$/, '')
  if (path.split('/').includes('..')) fail('integrity', `${deb.name}: ${entry.path} leads out of the package`)
  const base = { path, mode: entry.mode ?? 0o644, size: 0 }
  if (entry.type === 'File' || entry.type === 'OldFile') return { ...base, type: 'file', size: entry.size }
  if (entry.type === 'Directory') return { ...base, type: 'folder' }
  if (entry.type === 'SymbolicLink') return { ...base, type: 'link', target: entry.linkpath ?? '' }
  return fail('integrity', `${deb.name}: ${entry.path} is a ${entry.type}, which an image cannot take over`)
}
