import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { getRawAsset, isSea } from 'node:sea'

/**
 * A file that ships with redoubt (`bundles/catalog/...`): from the executable when we run as one, else from the checkout.
 * `path` is relative to the repository.
 */
export function asset(path: string): Buffer {
  return isSea() ? Buffer.from(getRawAsset(path) as ArrayBuffer) : readFileSync(join(checkout(), path))
}

/** True when running as the single executable. */
export function isExecutable(): boolean {
  return isSea()
}

/** The repository we run from: the parent of the folder that holds the script node was given (scripts/, test/). */
export function checkout(): string {
  let folder = dirname(realpathSync(process.argv[1] ?? '.'))
  while (folder !== dirname(folder)) {
    try {
      if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name === 'redoubt') return folder
    } catch {
      // no package.json here: look one folder up
    }
    folder = dirname(folder)
  }
  throw new Error('not run from a checkout of redoubt')
}
