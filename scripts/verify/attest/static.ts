import type { Site } from '../../../templates/control.ts'
import { controls } from '../../../templates/controls.ts'
import type { Rendered } from '../../../templates/render.ts'
import type { Check } from '../probe.ts'
import { judgeContribution, knownItems } from './judge.ts'
import { renderedView } from './rendered-view.ts'

/** A check of rendered files alone, and the control that it is of. */
export interface StaticCheck extends Check {
  control: string
}

/** Holds every control that is on against the rendered trees: what an override or a defect of ours changed is seen without a cluster. */
export function staticChecks(
  site: Site,
  { trees, controls: states }: Pick<Rendered, 'trees' | 'controls'>,
): StaticCheck[] {
  const known = knownItems(site)
  const on = controls.filter(({ id }) => states.some((state) => state.id === id && state.state === 'on'))
  return trees.flatMap((tree, index) => {
    const node = site.model.nodes[index]
    if (!node) throw new Error(`a tree of ${tree.node}, which is no node`)
    const view = renderedView(tree, node)
    return on.flatMap((control) =>
      judgeContribution(view, control.on(site), known).map((check) => ({ ...check, control: control.id })),
    )
  })
}
