import type { NodeTree } from '../cluster/files.ts'
import type { LoadedSpec } from '../cluster/spec.ts'
import { fail } from '../lib/errors.ts'
import { runbook } from './benchmarks/runbook.ts'
import { type ObjectGroup, objectGroups } from './cluster/groups.ts'
import type { Control, Site } from './control.ts'
import { controlIds, controls } from './controls.ts'
import { type Contributed, nodeTree } from './node/tree.ts'
import { overrides } from './overrides.ts'

export interface RenderInput extends Site {
  /** Ids of controls to render as they look when missing: to prove that probes notice. */
  off: readonly string[]
  /** Let arguments of the spec win over baseline and controls. */
  force?: boolean
  /** Where in the spec a value stands; without it errors name the path. */
  where?: LoadedSpec['where']
}

export interface ControlState {
  id: string
  title: string
  references: readonly string[]
  why: string
  state: 'on' | 'off' | 'not-applicable'
  /** Why it is not applicable. */
  because?: string
}

export interface Rendered {
  /** The tree of each node, in the order of the spec. */
  trees: NodeTree[]
  /** Cluster objects, in the order in which they are applied. */
  objects: ObjectGroup[]
  controls: ControlState[]
  /** Arguments that the spec forced past baseline and controls, one sentence each. */
  forced: string[]
  /** What only people can do for this cluster: Markdown. */
  runbook: string
}

/**
 * Everything that a cluster's nodes and API server are given. Same input, same output: no clock, no network, no file is read.
 * Throws `usage` for an unknown control and for an argument of the spec that is already set.
 */
export function renderCluster(input: RenderInput): Rendered {
  const { model, off } = input
  const where = input.where ?? ((path) => path.join('.'))
  checkIds(off, model.spec.waivers, where)
  const contributions = controls.map((control): Contributed => {
    if (control.notApplicable?.(input) !== undefined) return { by: control.id }
    const contribution = off.includes(control.id) ? control.off(input) : control.on(input)
    return { ...contribution, by: control.id }
  })
  const forced = new Set<string>()
  const override = overrides({
    components: model.spec.components,
    where,
    force: input.force === true,
    onForced: (text) => forced.add(text),
  })
  return {
    trees: model.nodes.map((node) => nodeTree(input, node, contributions, override)),
    objects: objectGroups(input, contributions),
    controls: controls.map((control) => stateOf(control, input)),
    forced: [...forced],
    runbook: runbook(model),
  }
}

function stateOf(control: Control, input: RenderInput): ControlState {
  const { id, title, references, why } = control
  const because = control.notApplicable?.(input)
  if (because !== undefined) return { id, title, references, why, state: 'not-applicable', because }
  return { id, title, references, why, state: input.off.includes(id) ? 'off' : 'on' }
}

function checkIds(
  off: readonly string[],
  waivers: readonly { control: string }[],
  where: NonNullable<RenderInput['where']>,
): void {
  const hint = `Controls: ${controlIds.join(', ')}.`
  for (const id of off) if (!controlIds.includes(id)) fail('usage', `there is no control ${id}`, { hint })
  waivers.forEach(({ control }, index) => {
    if (!controlIds.includes(control))
      fail('usage', `there is no control ${control}`, {
        where: where(['spec', 'waivers', index, 'control']),
        hint,
      })
  })
}
