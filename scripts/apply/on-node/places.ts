import { join } from 'node:path'
import { paths } from '../../../cluster/components.ts'

const { state } = paths

/** What apply keeps on a node, below /var/lib/redoubt (0700). */
export const nodePlaces = {
  /** Which cluster this node belongs to: `NAME SHA256-OF-ROOT`. */
  cluster: join(state, 'cluster'),
  /** Written once the API server of this control plane has been healthy. */
  bootstrapped: join(state, 'bootstrapped'),
  /** The tree that was applied; while changes are under way, the old and the new paths. */
  tree: join(state, 'tree.json'),
  /** What must still be restarted because of files that were placed. */
  pending: join(state, 'pending'),
  staging: join(state, 'staging'),
  packages: join(state, 'packages'),
  snapshots: join(state, 'snapshots'),
  rollback: join(state, 'rollback'),
  lock: '/run/redoubt.lock',
} as const

/** The units that restore the files of a control plane which does not come back. */
export const rollbackUnits = {
  service: '/etc/systemd/system/redoubt-rollback.service',
  timer: '/etc/systemd/system/redoubt-rollback.timer',
} as const
