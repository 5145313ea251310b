import type { Action, Apply, Phase } from './run.ts'

/** Plans a phase and runs it. Every change to nodes and cluster passes here: in a dry run it is noted and not made. */
export async function perform(apply: Apply, phase: Phase): Promise<void> {
  const actions = await phase.plan(apply)
  if (actions.length === 0) return
  apply.actions.push(...actions)
  if (apply.dryRun) return
  await apply.context.out.step(phase.title, async (report) => {
    report.detail(summary(actions))
    await phase.run(apply, report, actions)
  })
}

/** `cp1: 3 change, 1 restart; w1: 1 import` */
export function summary(actions: readonly Action[]): string {
  const nodes = [...new Set(actions.map((action) => action.node))]
  return nodes
    .map((node) => {
      const own = actions.filter((action) => action.node === node)
      const verbs = [...new Set(own.map((action) => action.verb))]
      return `${node}: ${verbs.map((verb) => `${own.filter((action) => action.verb === verb).length} ${verb}`).join(', ')}`
    })
    .join('; ')
}
