import { fail } from '../../../lib/errors.ts'
import { settleAll } from '../../ssh/settle.ts'
import { lastLines, staticPodNames, watchFailures } from '../on-node/logs.ts'
import { nodePlaces } from '../on-node/places.ts'
import type { Apply, ApplyNode, Phase } from '../run.ts'
import { waitUntil } from '../wait.ts'

/** Milliseconds that a new control plane has to become healthy. */
const limit = 180_000

/** Waits for the API server of each new control plane, and notes on the node that it has been healthy. */
export const bootstrap: Phase = {
  title: 'Wait for the control plane',
  plan: (apply) =>
    newControlPlanes(apply).map(({ node }) => ({
      node: node.name,
      verb: 'bootstrap',
      what: 'control plane',
      why: 'it has not been healthy yet',
    })),
  run: async (apply, report) => {
    const targets = newControlPlanes(apply)
    const { signal } = apply.context
    await settleAll(targets, async ({ node, shell }) => {
      // The super-admin's certificate works before any role is bound.
      const { superAdmin } = apply.at(node)
      const watch = watchFailures(shell, { pods: staticPodNames, patience: 20_000 })
      let looked = performance.now()
      let broken: string[] = []
      const look = async () => {
        const unready = await superAdmin.notReady({ signal })
        if (unready === undefined || performance.now() - looked < 2000) return unready
        broken = (await watch()).failing
        looked = performance.now()
        return broken.length > 0 ? undefined : unready
      }
      const status = (text: string) => report.status(`${node.name}: ${text}`)
      const awaited = await waitUntil(look, { limit, every: 100, signal, status })
      if (awaited !== undefined || broken.length > 0) {
        const what = broken.length > 0 ? `${broken.join(' and ')} keeps failing` : `after ${limit / 1000} s: ${awaited}`
        fail('failed', `the control plane does not become healthy: ${what}${await lastLines(shell, 'restarted')}`, {
          where: `node ${node.name}`,
          hint: 'See `journalctl -u kubelet` there. Mend the setting, render and apply again.',
        })
      }
      await shell.run('date -u +%Y-%m-%dT%H:%M:%SZ > "$1.new" && mv "$1.new" "$1"', {
        args: [nodePlaces.bootstrapped],
        signal,
      })
    })
    report.detail(targets.map(({ node }) => `${node.name}: /readyz ok`).join(', '))
  },
}

function newControlPlanes({ nodes }: Apply): ApplyNode[] {
  return nodes.filter(({ node, plan }) => node.role === 'control-plane' && !plan.seen.bootstrapped)
}
