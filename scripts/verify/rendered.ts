import { join } from 'node:path'
import { parseTree, type Tree } from '../../cluster/files.ts'
import { fail } from '../../lib/errors.ts'
import { readText } from '../../lib/files.ts'
import type { ControlState } from './fold.ts'
import { field, list, parseJson } from './judge.ts'

/** What verify compares the cluster with. */
export interface Rendered {
  /** By node. */
  trees: Map<string, Tree>
  controls: Record<string, ControlState>
  off: string[]
  forced: string[]
}

/** Reads `rendered/`. Throws `usage` naming the file that is missing or wrong. */
export async function readRendered(folder: string, nodes: readonly string[]): Promise<Rendered> {
  const hint = 'Run `redoubt render` first: verify compares the cluster with what was rendered.'
  const file = join(folder, 'controls.json')
  const value = parseJson(await readText(file, hint))
  const listed = list(value, 'controls')
  if (listed.length === 0) fail('usage', 'names no controls', { where: file, hint: 'Run `redoubt render` again.' })
  const controls: Record<string, ControlState> = {}
  for (const entry of listed) {
    const state = field(entry, 'state')
    if (state !== 'on' && state !== 'off' && state !== 'not-applicable')
      fail('usage', `control ${field(entry, 'id')} has the state ${state}`, {
        where: file,
        hint: 'Run `redoubt render` again.',
      })
    const because = field(entry, 'because')
    controls[String(field(entry, 'id'))] = { state, ...(typeof because === 'string' ? { why: because } : {}) }
  }
  const trees = new Map<string, Tree>()
  for (const node of nodes) {
    const path = join(folder, node, 'tree.json')
    trees.set(node, parseTree(await readText(path, hint), path))
  }
  return { trees, controls, off: list(value, 'off').map(String), forced: list(value, 'forced').map(String) }
}
