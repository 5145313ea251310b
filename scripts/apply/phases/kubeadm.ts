import { kubeadmPlaces } from '../../../templates/kubeadm/target.ts'
import { settleAll } from '../../ssh/settle.ts'
import { runServices } from '../on-node/services.ts'
import type { Apply, ApplyNode, Phase } from '../run.ts'

/** What was placed is read by nobody yet but what runs already: nothing is owed any more. kubeadm starts the kubelet. */
export const handOver: Phase = {
  title: 'Hand over to kubeadm',
  plan: (apply) =>
    owing(apply).map(({ node }) => ({
      node: node.name,
      verb: 'hand over',
      what: kubeadmPlaces.config,
      why: 'everything is there that kubeadm needs',
    })),
  run: async (apply) => {
    await settleAll(owing(apply), (target) => runServices(apply, target, ['settled']))
  },
}

function owing({ nodes }: Apply): ApplyNode[] {
  return nodes.filter(({ plan }) => !plan.running && plan.restarts.length > 0)
}

const files = Object.values(kubeadmPlaces.superAdmin)

/** kubeadm needed the super-admin where it holds no authority; after it no node does. */
export const superAdmin: Phase = {
  title: 'Take the super-admin away',
  plan: (apply) =>
    holding(apply).flatMap(({ node, plan }) =>
      files
        .filter((path) => plan.seen.files.has(path))
        .map((what) => ({ node: node.name, verb: 'remove', what, why: 'kubeadm init is done' })),
    ),
  run: async (apply) => {
    const { signal } = apply.context
    await settleAll(holding(apply), ({ shell }) => shell.run('rm -f -- "$@"', { args: files, signal }))
  },
}

function holding({ nodes }: Apply): ApplyNode[] {
  return nodes.filter(({ plan }) => plan.running && files.some((path) => plan.seen.files.has(path)))
}
