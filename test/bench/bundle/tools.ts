// Programs that are not ours: a real registry to fetch from, crane to measure against and to pull with.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { run } from '../../../lib/exec.ts'
import { tools } from './settings.ts'

const modules = {
  registry: 'github.com/distribution/distribution/v3/cmd/registry@v3.0.0',
  crane: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1',
}

/** Where a program is, compiled from its module if it is not there yet. */
export async function tool(name: keyof typeof modules): Promise<string> {
  const path = join(tools, name)
  if (existsSync(path)) return path
  process.stderr.write(`compiling ${modules[name]}\n`)
  await run(['go', 'install', modules[name]], { env: { GOBIN: tools, CGO_ENABLED: '0' } })
  return path
}

/** Waits until a server answers at a URL. Throws when it has ended, or says nothing for `seconds`. */
export async function untilAnswers(url: string, server: { exitCode: number | null }, seconds: number): Promise<void> {
  for (let tries = 0; tries < seconds * 10; tries++) {
    if (server.exitCode !== null) throw new Error(`the server of ${url} ended`)
    if ((await fetch(url).catch(() => undefined))?.ok) return
    await setTimeout(100)
  }
  throw new Error(`${url} does not answer`)
}

/** Where PATH has a program; undefined when it has none. */
export function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}
