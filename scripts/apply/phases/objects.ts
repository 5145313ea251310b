import { type KubeObject, objectName, objectPath } from '../../../cluster/objects.ts'
import { fail } from '../../../lib/errors.ts'
import { settleAll } from '../../ssh/settle.ts'
import { dueGroups } from '../gate.ts'
import { summary } from '../perform.ts'
import { objectChanges } from '../plan/compare-object.ts'
import { inventoryName, inventoryOf, staleObjects } from '../plan/inventory.ts'
import type { Action, Apply, Phase } from '../run.ts'
import { waitUntil } from '../wait.ts'

/** Milliseconds that a kubelet has to register its node. */
const registration = 120_000

/** The objects of the cluster, by server-side apply; what a dry run of the server would not change is left alone. */
export const objects: Phase = {
  title: 'Apply cluster objects',
  plan: async (apply) => {
    const all = apply.objects.flatMap((group) => group.objects)
    const isNew = apply.nodes.some(({ node, plan }) => node.role === 'control-plane' && !plan.seen.bootstrapped)
    const unready = await apply.api.admin.notReady()
    if (unready !== undefined && apply.dryRun && !isNew) {
      apply.unknown.push(`cluster objects: the API server is not healthy: ${unready}`)
      return []
    }
    if (unready !== undefined && !apply.dryRun)
      fail('failed', `the API server is not healthy: ${unready}`, {
        where: apply.api.admin.url,
        hint: 'See `journalctl -u kubelet` and /var/log/pods on its node.',
      })
    const { groups, waiting } = await dueGroups(apply, unready === undefined)
    if (waiting)
      apply.context.out.note(
        `${waiting.count} bindings of people wait: ${waiting.why}. Run \`redoubt verify\`, then apply again.`,
      )
    const due = groups.flatMap((group) => group.objects)
    if (unready !== undefined) return due.map(create)
    const inventory = inventoryOf(all)
    const plans = await settleAll([...due, inventory], (object) => planObject(apply, object))
    const stale = await staleObjects(apply.api.admin, all)
    return [...plans.flat(), ...stale.map((object) => action(object, 'delete', 'no longer rendered'))]
  },
  run: async (apply, report, actions) => {
    const { signal } = apply.context
    const { admin } = apply.api
    const all = apply.objects.flatMap((group) => group.objects)
    const planned = new Set(actions.map((entry) => entry.what))
    const stale = await staleObjects(admin, all)
    // First what is or will be ours, so that a killed run leaves no object that nobody knows of.
    if (planned.has(inventoryName)) await admin.apply(inventoryOf([...all, ...stale]), { signal })
    const { groups } = await dueGroups(apply, true)
    for (const group of groups) {
      const wanted = group.objects.filter((object) => planned.has(objectName(object)))
      const isNamespace = (object: KubeObject) => object.kind === 'Namespace'
      for (const part of [wanted.filter(isNamespace), wanted.filter((object) => !isNamespace(object))]) {
        report.status(`${group.name}: ${part.length} objects`)
        await settleAll(part, (object) => applyObject(apply, object, (text) => report.status(text)))
      }
    }
    await settleAll(stale, (object) => admin.remove(objectPath(object), { signal }))
    if (stale.length > 0) await admin.apply(inventoryOf(all), { signal })
    report.detail(summary(actions))
  },
}

async function planObject(apply: Apply, object: KubeObject): Promise<Action[]> {
  const { admin } = apply.api
  const live = await admin.get(objectPath(object))
  if (!live) return [create(object)]
  const changes = objectChanges(live, await admin.apply(object, { dryRun: true }))
  return changes.length === 0 ? [] : [action(object, 'change', `${changes.join(', ')} differs`)]
}

function create(object: KubeObject): Action {
  return action(object, 'create', 'missing')
}

function action(object: KubeObject, verb: string, why: string): Action {
  return { node: 'cluster', verb, what: objectName(object), why }
}

/** A Node is made by its kubelet, with taints that one made by us would lack: it is waited for. */
async function applyObject(apply: Apply, object: KubeObject, status: (text: string) => void): Promise<void> {
  const { signal } = apply.context
  const { admin } = apply.api
  if (object.kind === 'Node') {
    const path = objectPath(object)
    const awaited = await waitUntil(
      async () => ((await admin.get(path, { signal })) ? undefined : `node ${object.metadata.name} to register`),
      { limit: registration, every: 100, signal, status },
    )
    if (awaited !== undefined)
      fail('failed', `did not register within ${registration / 1000} s`, {
        where: `node ${object.metadata.name}`,
        hint: 'See `journalctl -u kubelet` there.',
      })
  }
  await admin.apply(object, { signal })
}
