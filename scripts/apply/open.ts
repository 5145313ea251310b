// From a workspace to an Apply: inputs checked, nodes locked and looked at.

import type { HostFacts } from '../../cluster/hosts.ts'
import { loadSpec } from '../../cluster/spec.ts'
import { refuseExpiredWaivers } from '../../cluster/waivers.ts'
import { fail } from '../../lib/errors.ts'
import { type Context, type OptionValues, text } from '../command.ts'
import { weakenings } from '../render/weakened.ts'
import { connectNodes, withNodes } from '../ssh/connect.ts'
import { settleAll } from '../ssh/settle.ts'
import type { NodeShell } from '../ssh/transport.ts'
import { surveyNode } from '../survey/facts.ts'
import { brokenFacts } from '../survey/judge.ts'
import { type Inputs, loadApis, loadInputs } from './inputs.ts'
import { lockNode } from './on-node/lock.ts'
import { refuseMovedPort } from './plan/moved.ts'
import { planNode } from './plan/plan.ts'
import { probeNode } from './plan/probe.ts'
import { recover } from './recover.ts'
import type { Apply, ApplyNode } from './run.ts'

/**
 * Checks what is to be applied, reaches the nodes, locks them unless it is a dry run, and gives `work` what to compare. Whatever was
 * opened or locked is let go of at the end. Throws `usage` for the workspace, `integrity` for the bundle, `failed` for nodes.
 */
export async function withCluster<T>(
  context: Context,
  options: OptionValues,
  how: Pick<Apply, 'dryRun' | 'patience' | 'skipSnapshot'>,
  work: (state: Apply, inputs: Inputs) => Promise<T>,
): Promise<T> {
  const { out, workspace } = context
  const inputs = await out.step('Check what is to be applied', async (report) => {
    const bundle = text(options, 'bundle')
    const key = text(options, 'key')
    refuseExpiredWaivers(await loadSpec(workspace.spec), context.now())
    const found = await loadInputs(workspace, { ...(bundle ? { bundle } : {}), ...(key ? { key } : {}) })
    report.detail(`${found.bundle.name} ${found.bundle.version}, Kubernetes ${found.model.version}`)
    return found
  })
  for (const text of weakenings(inputs.rendered)) out.warn(text)
  try {
    const shells = await connectNodes(workspace, inputs.spec, inputs.hosts, 'known')
    return await withNodes(shells, async () => {
      const locks = how.dryRun ? [] : await lockAll(shells, context)
      try {
        const nodes = await out.step(how.dryRun ? 'Look at the nodes' : 'Lock and look at the nodes', (report) =>
          lookAtNodes(context, inputs, shells, (label) => report.status(label)),
        )
        const state = await buildApply(context, inputs, nodes, how)
        state.nodes = await recover(state, () => lookAtNodes(context, inputs, shells, () => {}))
        return await work(state, inputs)
      } finally {
        await Promise.all(locks.map((release) => release()))
      }
    })
  } finally {
    await inputs.bundle.close()
  }
}

/** Locks all nodes or none. */
async function lockAll(shells: readonly NodeShell[], { signal }: Context): Promise<(() => Promise<void>)[]> {
  const locks: (() => Promise<void>)[] = []
  try {
    await settleAll(shells, async (shell) => locks.push(await lockNode(shell, signal)))
    return locks
  } catch (error) {
    await Promise.all(locks.map((release) => release()))
    throw error
  }
}

async function lookAtNodes(
  { out, signal, now }: Context,
  inputs: Inputs,
  shells: readonly NodeShell[],
  status: (text: string) => void,
): Promise<ApplyNode[]> {
  const { model, trees, bundle, cluster } = inputs
  let done = 0
  return settleAll(shells, async (shell, index): Promise<ApplyNode> => {
    const node = model.nodes[index]
    const found = trees[index]
    if (!node || !found) return fail('internal', `no tree for ${shell.name}`)
    const { facts } = await surveyNode(shell, node.address, now, signal)
    for (const told of refuseChanged(shell.name, inputs.hosts[shell.name]?.facts, facts))
      out.warn(`${told} since the survey`)
    const seen = await probeNode(shell, found.tree, bundle.lock.packages, signal)
    status(`${++done} of ${shells.length} nodes`)
    refuseMovedPort(node, model.endpoint.port, seen)
    return { node, shell, ...found, plan: planNode(node, found.tree, found.text, seen, bundle.lock.packages, cluster) }
  })
}

function refuseChanged(node: string, surveyed: HostFacts | undefined, now: HostFacts): string[] {
  const { refused, told } = surveyed ? brokenFacts(node, surveyed, now) : { refused: [], told: [] }
  if (refused.length > 0)
    fail('failed', `is no longer as surveyed: ${refused.map((fact) => fact.replace(/^\S+: /, '')).join(', ')}`, {
      where: `node ${node}`,
      hint: 'If it is meant to be so: `redoubt survey`, `redoubt render`, then apply again.',
    })
  return told
}

async function buildApply(
  context: Context,
  inputs: Inputs,
  nodes: ApplyNode[],
  options: Pick<Apply, 'dryRun' | 'patience' | 'skipSnapshot'>,
): Promise<Apply> {
  const { model, bundle, cluster, objects } = inputs
  const { workspace } = context
  const own = new Map(
    await Promise.all(
      model.controlPlanes.map(
        async (node) =>
          [node.name, await loadApis(workspace, `https://${node.address}:${model.endpoint.port}`)] as const,
      ),
    ),
  )
  const api = await loadApis(workspace, model.endpoint.url)
  const at = (node: { name: string }) => own.get(node.name) ?? api
  return { context, model, bundle, cluster, nodes, objects, api, at, actions: [], unknown: [], ...options }
}
