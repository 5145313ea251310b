import { fail } from '../../lib/errors.ts'
import { formatTable } from '../../lib/output.ts'
import { waitHealthy } from '../apply/health.ts'
import { applyForKubeadm, ofKubeadm } from '../apply/kubeadm.ts'
import { withCluster } from '../apply/open.ts'
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
import { severeChanges } from '../apply/plan/severe.ts'
import type { Apply, Phase } from '../apply/run.ts'
import { type Context, flag, type OptionValues, targetOf, text } from '../command.ts'

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
export function apply(given: Context, _args: string[], options: OptionValues): Promise<number> {
  const target = targetOf(options)
  const context = target === 'kubeadm' ? ofKubeadm(given) : given
  const dryRun = flag(options, 'dry-run')
  const patience = seconds(text(options, 'wait') ?? '120')
  const skipSnapshot = flag(options, 'skip-snapshot')
  return withCluster(context, options, { dryRun, patience, skipSnapshot }, async (state) => {
    if (target === 'kubeadm') await applyForKubeadm(state, given)
    else {
      confirm(state, text(options, 'confirm'))
      await performAll(state)
      if (!dryRun) await waitHealthy(state)
    }
    report(state)
    return state.unknown.length > 0 ? 1 : 0
  })
}

/** Every phase in its order; in a dry run they are planned only. */
export async function performAll(state: Apply): Promise<void> {
  for (const phase of phases) await perform(state, phase)
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
