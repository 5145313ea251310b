// What of a module's sources a program reads at run time, as tar entries for a layer.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../lib/errors.ts'
import { run } from '../../lib/exec.ts'
import { listFiles, writeAtomic } from '../../lib/files.ts'
import { adopt, type Cache, once, type Step } from '../cache.ts'
import type { Catalog, ModuleFolder } from '../catalog.ts'
import type { BlobRef } from '../format/parts.ts'
import { paddingOf, tarHeader } from '../tar.ts'
import { pinOf, readWrapper, writeFiles } from './go.ts'

/**
 * Tar entries (headers, contents, no end) of a folder of a module, in the cache. The module comes through GOPROXY as when it is compiled,
 * and must match go.sum. Throws `failed` with the words of go, or when the folder is empty.
 */
export async function sourcesOf(
  cache: Cache,
  catalog: Catalog,
  { wrapper: name, module, folder, without, path }: ModuleFolder,
  signal: AbortSignal,
): Promise<BlobRef> {
  const wrapper = readWrapper(catalog, name)
  const step: Step<BlobRef> = {
    inputs: { step: 'go-sources-1', modules: wrapper.digest, module, folder, without, path },
    blobs: (result) => [result],
  }
  return await once(cache, step, async (work) => {
    await writeFiles(wrapper, work)
    const wanted = `${module}@${pinOf(wrapper, module).version}`
    const { stdout } = await run(['go', 'mod', 'download', '-json', wanted], { cwd: work, signal })
    const root = join(String(JSON.parse(stdout).Dir), folder)
    const files = (await listFiles(root)).filter((file) => !without.some((start) => file.startsWith(start)))
    if (files.length === 0) fail('failed', `${wanted} has no files in ${folder}`)
    const parts = await Promise.all(
      files.map(async (file) => entry(`${path}/${file}`, await readFile(join(root, file)))),
    )
    const folders = parentsOf(files.map((file) => `${path}/${file}`)).map((each) =>
      tarHeader({ path: each, type: 'folder', mode: 0o755, size: 0 }),
    )
    await writeAtomic(join(work, 'sources'), Buffer.concat([...folders, ...parts]))
    return await adopt(cache, join(work, 'sources'))
  })
}

function entry(path: string, content: Buffer): Buffer {
  const header = tarHeader({ path, type: 'file', mode: 0o644, size: content.length })
  return Buffer.concat([header, content, Buffer.alloc(paddingOf(content.length))])
}

/** Every folder above these files, parents first. */
function parentsOf(files: readonly string[]): string[] {
  const folders = files.flatMap((file) => {
    const words = file.split('/').slice(0, -1)
    return words.map((_, index) => words.slice(0, index + 1).join('/'))
  })
  return [...new Set(folders)].sort()
}
