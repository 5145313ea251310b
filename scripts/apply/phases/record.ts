import { settleAll } from '../../ssh/settle.ts'
import { sendOwn } from '../on-node/files.ts'
import { nodePlaces } from '../on-node/places.ts'
import type { Apply, Phase } from '../run.ts'

/** Notes on each node which tree it now has. */
export const record: Phase = {
  title: 'Record what was applied',
  plan: (apply) =>
    changed(apply).map(({ node }) => ({
      node: node.name,
      verb: 'record',
      what: nodePlaces.tree,
      why: 'another tree was applied last',
    })),
  run: async (apply) => {
    await settleAll(changed(apply), (target) =>
      sendOwn(apply, target, [
        [nodePlaces.cluster, `${apply.cluster}\n`],
        [nodePlaces.tree, target.text],
      ]),
    )
  },
}

function changed({ nodes }: Apply) {
  return nodes.filter(({ plan }) => plan.record)
}
