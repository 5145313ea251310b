import { filesToSend, meter, sendFiles, setAccess } from '../files.ts'
import type { Apply, ApplyNode, Phase } from '../run.ts'
import { runServices, serviceWords } from '../services.ts'
import { settleAll } from '../settle.ts'
import { fileActions, serviceActions } from './new-nodes.ts'

/** Changes of workers that run: files, then restarts of what read the old ones. */
export const workers: Phase = {
  title: 'Change the workers',
  plan: (apply) =>
    runningWorkers(apply).flatMap((target) => [
      ...fileActions(target),
      ...serviceActions(target, serviceWords(target)),
    ]),
  run: async (apply, report) => {
    const targets = runningWorkers(apply)
    const changes = targets.flatMap(({ plan }) => filesToSend(plan))
    const sent = meter(
      report,
      changes.reduce((sum, { entry }) => sum + entry.size, 0),
    )
    await settleAll(targets, async (target) => {
      await setAccess(apply, { ...target, plan: { ...target.plan, files: [] } }, [])
      await sendFiles(apply, target, filesToSend(target.plan), { first: true, sent })
      await setAccess(apply, { ...target, plan: { ...target.plan, folders: [] } }, target.plan.remove)
      await runServices(apply, target, [...serviceWords(target), 'settled'])
    })
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
