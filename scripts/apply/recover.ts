import { fail } from '../../lib/errors.ts'
import { settleAll } from '../ssh/settle.ts'
import { forget, trigger } from './on-node/rollback.ts'
import { perform } from './perform.ts'
import type { Apply, ApplyNode, Phase } from './run.ts'
import { waitUntil } from './wait.ts'

/** Milliseconds that a control plane has to come back after its files were put back. */
const limit = 120_000

/**
 * Deals with what an earlier run left: a rollback that is still armed (it was killed before it knew that its change was good) is
 * carried out now, since nobody can say any more whether the change holds; the record of one that happened is told and cleared.
 * Resolves with the nodes as they are then, seen by `look`.
 */
export async function recover(apply: Apply, look: () => Promise<ApplyNode[]>): Promise<ApplyNode[]> {
  const { out } = apply.context
  for (const { node, plan } of apply.nodes) {
    const [state, time] = plan.seen.rollback.split(' ')
    if (state === 'rolled-back')
      out.warn(`${node.name} put its earlier files back at ${time}: the change did not hold.`)
    else if (state) out.warn(`${node.name}: an earlier apply was cut off before its change was known to be good.`)
  }
  const before = apply.actions.length
  await perform(apply, leftovers)
  return apply.actions.length > before && !apply.dryRun ? look() : apply.nodes
}

const leftovers: Phase = {
  title: 'Clear up after an earlier run',
  plan: ({ nodes }) =>
    nodes
      .filter(({ plan }) => plan.seen.rollback !== '')
      .map(({ node, plan }) => {
        const happened = plan.seen.rollback.startsWith('rolled-back')
        return {
          node: node.name,
          verb: happened ? 'clear' : 'roll back',
          what: happened ? 'the record of a rollback' : 'the change that was cut off',
          why: plan.seen.rollback,
        }
      }),
  run: async (apply, report) => {
    const { signal } = apply.context
    await settleAll(
      apply.nodes.filter(({ plan }) => plan.seen.rollback !== ''),
      async ({ node, shell, plan }) => {
        await trigger(shell, signal)
        const healthy = plan.running && node.role === 'control-plane'
        const awaited =
          healthy &&
          (await waitUntil(() => apply.at(node).admin.notReady({ signal }), {
            limit,
            every: 200,
            signal,
            status: (text) => report.status(`${node.name}: ${text}`),
          }))
        if (awaited)
          fail('failed', `its earlier files are back, but the API server is not healthy: ${awaited}`, {
            where: `node ${node.name}`,
            hint: 'See `journalctl -u kubelet` and /var/log/pods there.',
          })
        await forget(shell, signal)
      },
    )
  },
}
