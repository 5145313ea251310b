import type { RestartTarget } from '../../../cluster/files.ts'
import { fail } from '../../../lib/errors.ts'
import type { NodePlan } from '../plan/plan.ts'
import type { Apply, ApplyNode } from '../run.ts'
import { arm, disarm, trigger } from './rollback.ts'

/** What can lock us out of a node. */
const doors: readonly RestartTarget[] = ['firewall', 'sshd']

/** The part of a plan that changes how a node is reached. */
export function doorsOf(plan: NodePlan): NodePlan {
  return {
    ...plan,
    users: [],
    folders: [],
    files: plan.files.filter(({ entry }) => entry.restarts.some((target) => doors.includes(target))),
    remove: [],
    restarts: plan.restarts.filter((target) => doors.includes(target)),
  }
}

/**
 * Does `work` on a node outside the change of a running control plane. Where it changes firewall or sshd, those of their files that
 * were not there before it, or are not placed yet, come back by themselves unless a new login succeeds afterwards. Throws `failed`.
 */
export async function reachable(apply: Apply, target: ApplyNode, work: () => Promise<void>): Promise<void> {
  const { signal } = apply.context
  const { node, shell } = target
  const plan = doorsOf(target.plan)
  if (plan.restarts.length === 0) return await work()
  await arm(shell, plan, Math.ceil(apply.patience / 1000), signal)
  try {
    await work()
  } catch (error) {
    if (!signal.aborted) await trigger(shell).catch(() => undefined) // by itself at the latest
    throw error
  }
  if (!(await disarm(shell, signal)))
    fail('failed', 'put firewall and sshd back by itself: no new login came in time', {
      where: `node ${node.name}`,
      hint: 'Run again; give it longer with --wait.',
    })
}
