import type { HostFacts } from '../../cluster/hosts.ts'
import { loadSpec } from '../../cluster/spec.ts'
import { refuseExpiredWaivers } from '../../cluster/waivers.ts'
import { fail } from '../../lib/errors.ts'
import { formatTable } from '../../lib/output.ts'
import { waitHealthy } from '../apply/health.ts'
import { type Inputs, loadApis, loadInputs } from '../apply/inputs.ts'
import { perform } from '../apply/perform.ts'
import { bootstrap } from '../apply/phases/bootstrap.ts'
import { controlPlanes } from '../apply/phases/control-planes.ts'
import { images } from '../apply/phases/images.ts'
import { files, kubelets, runtime } from '../apply/phases/new-nodes.ts'
import { objects } from '../apply/phases/objects.ts'
import { packages } from '../apply/phases/packages.ts'
import { record } from '../apply/phases/record.ts'
import { rights } from '../apply/phases/rights.ts'
import { workers } from '../apply/phases/workers.ts'
import { planNode } from '../apply/plan/plan.ts'
import { probeNode } from '../apply/plan/probe.ts'
import { severeChanges } from '../apply/plan/severe.ts'
import { recover } from '../apply/recover.ts'
import type { Apply, ApplyNode, Phase } from '../apply/run.ts'
import { type Context, flag, type OptionValues, text } from '../command.ts'
import { connectNodes, withNodes } from '../ssh/connect.ts'
import { lockNode } from '../ssh/node-lock.ts'
import { settleAll } from '../ssh/settle.ts'
import type { NodeShell } from '../ssh/transport.ts'
import { surveyNode } from '../survey/facts.ts'
import { brokenFacts } from '../survey/judge.ts'

/** What apply does, in this order. New nodes get everything at once; what runs is changed behind a rollback. */
const phases: readonly Phase[] = [
  packages,
  files,
  runtime,
  images,
  kubelets,
  bootstrap,
  controlPlanes,
  workers,
  rights,
  objects,
  record,
]

/** Makes the nodes and the cluster what `rendered/` says; a second run plans nothing. */
export async function apply(context: Context, _args: string[], options: OptionValues): Promise<number> {
  const { out, workspace } = context
  const dryRun = flag(options, 'dry-run')
  const patience = seconds(text(options, 'wait') ?? '120')
  const inputs = await out.step('Check what is to be applied', async (report) => {
    const bundle = text(options, 'bundle')
    const key = text(options, 'key')
    refuseExpiredWaivers(await loadSpec(workspace.spec), context.now())
    const found = await loadInputs(workspace, { ...(bundle ? { bundle } : {}), ...(key ? { key } : {}) })
    report.detail(`${found.bundle.name} ${found.bundle.version}, Kubernetes ${found.model.version}`)
    return found
  })
  for (const text of inputs.weakened) out.warn(text)
  try {
    const shells = await connectNodes(workspace, inputs.spec, inputs.hosts, 'known')
    return await withNodes(shells, async () => {
      const locks = dryRun ? [] : await lockAll(shells, context)
      try {
        const nodes = await out.step(dryRun ? 'Look at the nodes' : 'Lock and look at the nodes', (report) =>
          lookAtNodes(context, inputs, shells, (label) => report.status(label)),
        )
        const state = await buildApply(context, inputs, nodes, {
          dryRun,
          patience,
          skipSnapshot: flag(options, 'skip-snapshot'),
        })
        state.nodes = await recover(state, () => lookAtNodes(context, inputs, shells, () => {}))
        confirm(state, text(options, 'confirm'))
        for (const phase of phases) await perform(state, phase)
        if (!dryRun) await waitHealthy(state)
        report(state)
        return state.unknown.length > 0 ? 1 : 0
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

/** Points of no return are named before they are passed; the cluster's name says that they were read. */
function confirm({ nodes, model, dryRun, context }: Apply, given: string | undefined): void {
  const severe = nodes.flatMap(({ plan }) => severeChanges(plan))
  for (const line of severe) context.out.warn(line)
  if (severe.length > 0 && !dryRun && given !== model.name)
    fail('usage', 'this cannot be undone by putting files back', {
      hint: `If it is what you want: redoubt apply --confirm ${model.name}`,
    })
}

function report({ context: { out }, actions, unknown, dryRun, nodes, model }: Apply): void {
  for (const text of unknown) out.warn(`not planned: ${text}`)
  if (out.format === 'json')
    out.json({
      apiVersion: 'redoubt.dev/v1alpha1',
      kind: dryRun ? 'ApplyPlan' : 'ApplyResult',
      cluster: model.name,
      actions,
      unknown,
    })
  else if (actions.length === 0) out.data(dryRun ? 'nothing to do' : 'nothing was to be done')
  else if (dryRun)
    out.data(
      formatTable(
        ['WHERE', 'DO', 'WHAT', 'WHY'],
        actions.map(({ node, verb, what, why }) => [node, verb, what, why]),
      ),
    )
  else out.data(`${actions.length} actions on ${nodes.map(({ node }) => node.name).join(', ')}`)
}

function seconds(value: string): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < 10 || number > 3600)
    fail('usage', `--wait ${value}: expected 10 to 3600 seconds`)
  return number * 1000
}
