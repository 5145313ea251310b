import { basename } from 'node:path'
import { fail } from '../../../lib/errors.ts'
import { ensureFolder, exists, writeAtomic } from '../../../lib/files.ts'
import type { Context } from '../../command.ts'
import { bundleText } from './bundle.ts'
import { clusterText } from './cluster.ts'

export interface InitOptions {
  /** By default the workspace folder's name where that is a DNS label, else `lab`, or `bundle`. */
  name?: string | undefined
  /** `NAME=ROLE@ADDRESS`; without any the lab's cp1 and w1. */
  nodes: string[]
  /** A bundle by itself, of no cluster. */
  bundle: boolean
  force: boolean
}

const ignored = `# What must not be published: private keys, and bundles, which are built again from the lock.
keys/
*.key
*.tar
`

/** `redoubt init`: writes redoubt.yaml. Throws `usage` when there is one already (and not `force`), or when a node is malformed. */
export async function init({ out, workspace }: Context, options: InitOptions): Promise<number> {
  if (!options.force && (await exists(workspace.spec)))
    fail('usage', 'is there already', {
      where: workspace.spec,
      hint: 'Edit it, or overwrite it with --force.',
    })
  if (options.bundle && options.nodes.length > 0) fail('usage', '--bundle is of no cluster, and has no --node')
  const name = options.name ?? folderName(workspace.root) ?? (options.bundle ? 'bundle' : 'lab')
  const text = options.bundle ? bundleText(name) : clusterText(name, options.nodes)
  await ensureFolder(workspace.root)
  await writeAtomic(workspace.spec, text)
  const ignore = `${workspace.root}/.gitignore`
  if (!(await exists(ignore))) await writeAtomic(ignore, ignored)
  out.note(`wrote ${workspace.spec}`)
  out.note('next: look through it, then redoubt bundle keygen and redoubt bundle build')
  return 0
}

function folderName(folder: string): string | undefined {
  const name = basename(folder)
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name) ? name : undefined
}
