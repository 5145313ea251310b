// redoubt as its users run it: the executable, in a workspace of its own, with a cache of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../lib/exec.ts'
import { buildExecutable } from '../../../scripts/build/executable.ts'
import { measureProcess, type ProcessFigures } from '../measure.ts'
import { work } from './settings.ts'

export const program = join(work, 'redoubt')
export const workspace = join(work, 'ours')
export const cache = join(work, 'cache')
export const bundle = join(workspace, 'corpus-1.0.0.tar')
export const publicKey = join(workspace, 'bundle.pub')

/** Makes the executable, the workspace and a key. */
export async function prepareOurs(): Promise<void> {
  await mkdir(workspace, { recursive: true })
  await buildExecutable(program)
  await run([program, '-w', workspace, '-q', 'bundle', 'keygen', '--force'])
}

/** Writes the spec: these repositories of a registry on loopback, without TLS. */
export async function writeSpec(host: string, repositories: readonly string[]): Promise<void> {
  const spec = {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'Bundle',
    metadata: { name: 'corpus' },
    spec: {
      version: '1.0.0',
      registries: [{ host, plainHttp: true }],
      images: repositories.map((repository) => `${host}/${repository}:1`),
    },
  }
  await writeFile(join(workspace, 'redoubt.yaml'), JSON.stringify(spec))
}

/** Takes away what builds made; `cold`: the cache and the lock too. */
export async function clear(cold: boolean): Promise<void> {
  for (const name of await readdir(workspace))
    if (name.endsWith('.tar') || name.endsWith('.tmp') || (cold && name === 'redoubt.lock.yaml'))
      await rm(join(workspace, name))
  if (cold) await rm(cache, { recursive: true, force: true })
  await mkdir(cache, { recursive: true })
}

/** Runs redoubt to its end. Throws with the end of its stderr when it fails. */
export function redoubt(...args: string[]): Promise<ProcessFigures> {
  return measureProcess([program, '-w', workspace, ...args], { XDG_CACHE_HOME: cache })
}

/** Begins a build with nothing shown, for whoever watches or ends it. */
export function startBuild(...args: string[]): ChildProcess {
  const command = ['-w', workspace, 'bundle', 'build', ...args]
  return spawn(program, command, { stdio: 'ignore', env: { ...process.env, XDG_CACHE_HOME: cache } })
}
