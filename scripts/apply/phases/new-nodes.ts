import { settleAll } from '../../ssh/settle.ts'
import { isManifest, sendToAll } from '../on-node/files.ts'
import { reachable } from '../on-node/reach.ts'
import { runServices, serviceWords } from '../on-node/services.ts'
import type { Action, Apply, ApplyNode, Phase } from '../run.ts'

/** Started when the images are there: without them its pods would fail and wait longer than the import takes. */
const kubelet = 'kubelet.service'

/** Nodes on which nothing runs that a change could break, and that need something. */
function newNodes({ nodes }: Apply): ApplyNode[] {
  return nodes.filter(({ plan }) => !plan.running)
}

/** What of a node's files is not as its tree says, as actions. */
export function fileActions({ node, plan }: ApplyNode): Action[] {
  const at = { node: node.name }
  return [
    ...plan.users.map(({ name }) => ({ ...at, verb: 'user', what: name, why: 'missing' })),
    ...plan.folders.map(({ entry, why }) => ({ ...at, verb: 'folder', what: entry.path, why })),
    ...plan.files.map(({ entry, change, why }) => ({ ...at, verb: change, what: entry.path, why })),
    ...plan.remove.map((what) => ({ ...at, verb: 'remove', what, why: 'no longer rendered' })),
  ]
}

/** What must be started or restarted, as actions. */
export function serviceActions(target: ApplyNode, words: readonly string[]): Action[] {
  return words.map((word) => {
    const [verb = '', what = ''] = word.split('=')
    const why = verb === 'start' ? 'not running' : verb === 'enable' ? 'not enabled' : 'its files change'
    return { node: target.node.name, verb, what: what || 'systemd', why }
  })
}

/** All files of new nodes, keys too. */
export const files: Phase = {
  title: 'Place files',
  plan: (apply) => newNodes(apply).flatMap(fileActions),
  run: async (apply, report) => {
    const targets = newNodes(apply).filter((target) => fileActions(target).length > 0)
    await sendToAll(apply, report, targets)
  },
}

/** containerd, routes and kernel settings of new nodes. */
export const runtime: Phase = {
  title: 'Start containerd',
  plan: (apply) => newNodes(apply).flatMap((target) => serviceActions(target, serviceWords(target, [kubelet]))),
  run: async (apply) => {
    await settleAll(newNodes(apply), (target) =>
      reachable(apply, target, () => runServices(apply, target, serviceWords(target, [kubelet]))),
    )
  },
}

/** The kubelet of new nodes: with it the control plane starts. */
export const kubelets: Phase = {
  title: 'Start the kubelets',
  plan: (apply) => newNodes(apply).flatMap((target) => serviceActions(target, kubeletWords(target))),
  run: async (apply) => {
    await settleAll(newNodes(apply), async (target) => {
      const words = kubeletWords(target)
      await runServices(apply, target, target.plan.restarts.length > 0 ? [...words, 'settled'] : words)
    })
  },
}

/**
 * A kubelet that runs but has never heard of its API server does not let go of a static pod whose manifest changed (kubelet.go,
 * deletePod: sources not ready): it is started anew with the new manifests alone.
 */
function kubeletWords(target: ApplyNode): string[] {
  const words = serviceWords(target).filter((word) => word.endsWith(`=${kubelet}`) && !word.startsWith('enable'))
  const stuck = target.plan.files.some((file) => isManifest(file.entry.path))
  return words.length === 0 && stuck ? [`restart=${kubelet}`] : words
}
