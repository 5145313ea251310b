import { sendToAll } from '../on-node/files.ts'
import { reachable } from '../on-node/reach.ts'
import { runServices, serviceWords } from '../on-node/services.ts'
import type { Apply, ApplyNode, Phase } from '../run.ts'
import { fileActions, serviceActions } from './new-nodes.ts'

/** Changes of workers that run: files, then restarts of what read the old ones; none may lock us out. */
export const workers: Phase = {
  title: 'Change the workers',
  plan: (apply) =>
    runningWorkers(apply).flatMap((target) => [
      ...fileActions(target),
      ...serviceActions(target, serviceWords(target)),
    ]),
  run: async (apply, report) => {
    await sendToAll(apply, report, runningWorkers(apply), (target, send) =>
      reachable(apply, target, async () => {
        await send()
        await runServices(apply, target, [...serviceWords(target), 'settled'])
      }),
    )
  },
}

function runningWorkers({ nodes }: Apply): ApplyNode[] {
  return nodes.filter(
    (target) =>
      target.node.role === 'worker' &&
      target.plan.running &&
      (fileActions(target).length > 0 || serviceWords(target).length > 0),
  )
}
