import { chmod, copyFile, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkout } from '../../lib/assets.ts'
import { run } from '../../lib/exec.ts'
import { ensureFolder, listFiles, throwWriteError } from '../../lib/files.ts'
import { sha256File } from '../../lib/hash.ts'
import { type Architecture, hostArchitecture } from '../../lib/machine.ts'
import { nodeFor } from './node.ts'
import { bundleScript } from './script.ts'
import { stripProgram } from './strip.ts'

/** What marks a node binary as able to carry an application (Node's documentation, "Single executable applications"). */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

export interface BuiltExecutable {
  path: string
  /** Bytes. */
  size: number
  sha256: string
}

/**
 * Makes the `redoubt` executable for an architecture at `to`, whole or not at all: our source as one script with its assets, injected into
 * a stripped node. The script is for no machine in particular (Node's documentation, "Single executable applications": without snapshot
 * and code cache), so the Node of another architecture is filled without being run. The same source and node give the same bytes. Only from
 * a checkout. Throws `failed` when a Node is missing, `usage` when an asset is, `integrity` when npm gives another Node than is pinned.
 */
export async function buildExecutable(
  to: string,
  architecture: Architecture = hostArchitecture(),
): Promise<BuiltExecutable> {
  const root = checkout()
  await ensureFolder(dirname(to))
  const work = await mkdtemp(`${to}.build-`)
  try {
    // The one that makes the blob must be of the version that reads it.
    const node = await nodeFor(root, hostArchitecture(), work)
    const blob = await makeBlob(root, node, work)
    const executable = join(work, 'redoubt')
    await copyFile(await nodeFor(root, architecture, work), executable)
    await chmod(executable, 0o755)
    // Before the injection: it would drop what was injected.
    await stripProgram(executable)
    // A process of its own: it warns on stdout, and holds the whole executable in memory several times.
    const postject = join(root, 'node_modules/postject/dist/cli.js')
    await run([node, postject, executable, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse])
    await chmod(executable, 0o755)
    await rename(executable, to)
  } catch (error) {
    throwWriteError(error, to)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return { path: to, size: (await stat(to)).size, sha256: await sha256File(to) }
}

/** The script and its assets in a file as node wants them injected. `main` is a relative name: the blob holds it. */
async function makeBlob(root: string, node: string, work: string): Promise<string> {
  await writeFile(join(work, 'redoubt.cjs'), await bundleScript(root))
  const config = {
    main: 'redoubt.cjs',
    output: 'blob',
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: false,
    // What comes from a network and goes to a disk is young garbage: up to 100 MB of it would wait for the collector (the wrapper has it too).
    execArgv: ['--max-semi-space-size=1'],
    execArgvExtension: 'none',
    assets: await findAssets(root),
  }
  await writeFile(join(work, 'sea.json'), JSON.stringify(config))
  await run([node, '--experimental-sea-config', 'sea.json'], { cwd: work })
  return join(work, config.output)
}

/** What lib/assets reads at run time, by its path in the repository: package.json and the catalogue. */
export async function findAssets(root: string): Promise<Record<string, string>> {
  const catalogue = (await listFiles(join(root, 'bundles/catalog'))).filter((path) => !path.endsWith('.ts'))
  const names = ['package.json', ...catalogue.map((path) => `bundles/catalog/${path}`)]
  return Object.fromEntries(names.map((name) => [name, join(root, name)]))
}
