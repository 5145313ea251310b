// A bundle is for one architecture: what would not run there is found while it is made, not on a node.
import { fail } from '../../lib/errors.ts'
import { type Architecture, machineOfFile } from '../../lib/machine.ts'
import { type Cache, cachedPath } from '../cache.ts'
import type { DebPins } from '../sources/debian/deb.ts'
import { everyPackage } from './packages.ts'
import type { Programs } from './programs.ts'

/** Throws `failed` for the first program that runs on another machine, by its name. */
export async function refuseForeignPrograms(
  cache: Cache,
  programs: Programs,
  architecture: Architecture,
): Promise<void> {
  for (const [name, { binary }] of Object.entries(programs))
    await refuseForeignProgram(name, cachedPath(cache, binary.digest), architecture)
}

/** As refuseForeignPrograms, of the program `name` in a file. A script runs anywhere. */
export async function refuseForeignProgram(name: string, path: string, architecture: Architecture): Promise<void> {
  const machine = await machineOfFile(path)
  if (machine !== undefined && machine !== architecture)
    fail('failed', `${name} is a program for ${machine}, the bundle is for ${architecture}`, {
      where: path,
      hint: 'Run `redoubt bundle lock --update`; if it comes back, whatever makes it here makes it for another machine.',
    })
}

/** Throws `failed` for the first package of another architecture (`all` fits any). */
export function refuseForeignPackages(debs: DebPins, architecture: Architecture): void {
  for (const deb of everyPackage(debs))
    if (deb.architecture !== architecture && deb.architecture !== 'all')
      fail(
        'failed',
        `the package ${deb.name} ${deb.version} is for ${deb.architecture}, the bundle is for ${architecture}`,
        {
          hint: 'Move the pins with `redoubt bundle lock --update`.',
        },
      )
}

/** What to say of files that somebody chose to carry and that run on another machine: they may be meant for one. */
export async function tellForeignFiles(
  files: readonly { name: string; path: string }[],
  architecture: Architecture,
): Promise<string[]> {
  const found: string[] = []
  for (const { name, path } of files) {
    const machine = await machineOfFile(path)
    if (machine !== undefined && machine !== architecture)
      found.push(`${name} is a program for ${machine}, the bundle is for ${architecture}; it is carried as it is`)
  }
  return found
}
