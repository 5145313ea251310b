import { describeTree, type Tree } from '../../cluster/files.ts'
import type { Workspace } from '../../cluster/workspace.ts'
import type { Override } from '../../templates/overrides.ts'
import { currentRendering } from '../render/current.ts'
import type { ControlState } from './fold.ts'

/** What verify compares the cluster with. */
export interface Rendered {
  /** By node. */
  trees: Map<string, Tree>
  controls: Record<string, ControlState>
  off: string[]
  forced: string[]
  profile: string
  overrides: Override[]
}

/**
 * What the workspace renders, which is what `rendered/` holds: were the files believed as they lie, whoever edits them could declare
 * every control not applicable. Throws `usage` when they differ or are missing.
 */
export async function readRendered(workspace: Workspace): Promise<Rendered> {
  const { trees, controls, forced, profile, overrides } = await currentRendering(workspace)
  return {
    trees: new Map(trees.map((tree) => [tree.node, describeTree(tree)])),
    controls: Object.fromEntries(
      controls.map(({ id, state, because }) => [id, { state, ...(because === undefined ? {} : { why: because }) }]),
    ),
    off: controls.filter(({ state }) => state === 'off').map(({ id }) => id),
    forced,
    profile,
    overrides,
  }
}
