// apply --target kubeadm: everything that kubeadm needs before it runs, and what comes after it.
import type { Workspace } from '../../cluster/workspace.ts'
import { kubeadmPlaces } from '../../templates/kubeadm/target.ts'
import type { Context } from '../command.ts'
import { waitHealthy } from './health.ts'
import { perform } from './perform.ts'
import { images } from './phases/images.ts'
import { handOver, superAdmin } from './phases/kubeadm.ts'
import { files, runtime } from './phases/new-nodes.ts'
import { objects } from './phases/objects.ts'
import { packages } from './phases/packages.ts'
import { record } from './phases/record.ts'
import { rights } from './phases/rights.ts'
import type { Apply, ApplyNode } from './run.ts'

/** The same workspace with what was rendered for kubeadm in the place of what was rendered for us. */
export function ofKubeadm(context: Context): Context {
  const workspace: Workspace = { ...context.workspace, rendered: context.workspace.renderedKubeadm }
  return { ...context, workspace }
}

/**
 * Makes nodes ready for kubeadm and leaves those alone whose kubelet runs: they are kubeadm's. While one is not, says what to run where;
 * when all are, applies the cluster's objects, takes the super-admin's files away and waits until everything is healthy. `verified` has
 * the rendering that verify attests: people's bindings wait for its evidence.
 */
export async function applyForKubeadm(state: Apply, verified: Context): Promise<void> {
  state.nodes = state.nodes.map(kubeadmNode)
  for (const phase of [packages, files, runtime, images, handOver, record]) await perform(state, phase)
  const { out } = state.context
  const [first] = state.model.controlPlanes
  const waiting = state.nodes.filter(({ plan }) => !plan.running)
  for (const { node } of waiting)
    out.note(
      `next, on ${node.name}: kubeadm ${node.name === first?.name ? 'init' : 'join'} --config ${kubeadmPlaces.config}`,
    )
  if (waiting.length > 0) return out.note('then again: redoubt apply --target kubeadm')
  const all = { ...state, context: verified }
  for (const phase of [rights, objects, superAdmin]) await perform(all, phase)
  if (!state.dryRun) await waitHealthy(state)
}

/** A node whose kubelet runs is kubeadm’s: nothing is changed there. */
export function kubeadmNode(target: ApplyNode): ApplyNode {
  const { plan } = target
  const running = plan.seen.units.get('kubelet.service')?.active === true
  return {
    ...target,
    plan: running
      ? { ...plan, running, folders: [], files: [], remove: [], restarts: [], record: false }
      : { ...plan, running },
  }
}
