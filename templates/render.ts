import type { NodeTree } from '../cluster/files.ts'
import type { LoadedSpec } from '../cluster/spec.ts'
import { fail } from '../lib/errors.ts'
import { nearest } from '../lib/nearest.ts'
import { runbook } from './benchmarks/runbook.ts'
import { type ObjectGroup, objectGroups } from './cluster/groups.ts'
import { factsOf } from './conflicts/facts.ts'
import { refuseConflicts } from './conflicts.ts'
import type { Control, Site } from './control.ts'
import { controlIds, controls } from './controls.ts'
import { hostFields, sharedFields } from './node/kubelet.ts'
import { type Contributed, nodeTree } from './node/tree.ts'
import { checkKubeletFields, listOverrides, type Override, overrides } from './overrides.ts'
import { type ProfileName, profiles } from './profiles.ts'
import { checkVersions } from './versions.ts'

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
  /** Why it is not applicable, or who left it out. */
  because?: string
}

export interface Rendered {
  /** For whom the trees are: our own apply, or kubeadm (templates/kubeadm/target.ts). */
  target: 'nodes' | 'kubeadm'
  /** The tree of each node, in the order of the spec. */
  trees: NodeTree[]
  /** Cluster objects, in the order in which they are applied. */
  objects: ObjectGroup[]
  controls: ControlState[]
  profile: ProfileName
  /** What the spec forced past baseline, controls and conflicts, one sentence each. */
  forced: string[]
  /** Everything that the spec adds to the components. */
  overrides: Override[]
  /** What only people can do for this cluster: Markdown. */
  runbook: string
}

/**
 * Everything that a cluster's nodes and API server are given. Same input, same output: no clock, no network, no file is read.
 * Throws `usage` for an unknown control, for what of the spec is already set, and for settings that break a cluster.
 */
export function renderCluster(input: RenderInput): Rendered {
  const { model } = input
  const where = input.where ?? ((path) => path.join('.'))
  checkIds(input.off, model.spec.waivers, where)
  checkVersions(model, where)
  const profile = profiles[model.spec.profile]
  const off = [...input.off, ...Object.keys(profile.off)]
  const forced = new Set<string>()
  // What is written names the spec without its folder: the same workspace elsewhere renders to the same bytes.
  const folder = where([]).replace(/[^/]*$/, '')
  const brief = (text: string) => (folder === '' ? text : text.replaceAll(folder, ''))
  const setTwice = new Map<string, string>()
  const options = {
    components: model.spec.components,
    where,
    force: input.force === true,
    onForced: (text: string) => forced.add(brief(text)),
    onSetTwice: (name: string, by: string) => void setTwice.set(name, by),
  }
  const contributions: Contributed[] = controls.map((control) => {
    if (control.notApplicable?.(input) !== undefined) return { by: control.id }
    const contribution = off.includes(control.id) ? control.off(input) : control.on(input)
    return { ...contribution, by: control.id }
  })
  contributions.push({ ...profile.sets, by: `profile ${model.spec.profile}`, wins: true })
  checkKubeletFields(
    [
      { by: 'the baseline', sets: Object.assign({}, sharedFields(model), ...model.nodes.map(hostFields)) },
      ...contributions.map(({ by, kubelet: sets }) => ({ by, sets: sets ?? {} })),
    ],
    options,
  )
  contributions.push({ kubelet: model.spec.components.kubelet.config, by: 'redoubt.yaml', wins: true })
  const override = overrides(options)
  const trees = model.nodes.map((node) => nodeTree(input, node, contributions, override))
  const objects = objectGroups(input, contributions)
  refuseConflicts(
    factsOf(
      model,
      trees,
      objects.flatMap((group) => group.objects),
    ),
    { ...options, off },
  )
  return {
    target: 'nodes',
    trees,
    objects,
    profile: model.spec.profile,
    controls: controls.map((control) => stateOf(control, input, profile.off)),
    forced: [...forced],
    overrides: listOverrides(model.spec.components, (path) => brief(where(path)), setTwice),
    runbook: runbook(model),
  }
}

function stateOf(control: Control, input: RenderInput, left: Readonly<Record<string, string>>): ControlState {
  const { id, title, references, why } = control
  const because = control.notApplicable?.(input)
  if (because !== undefined) return { id, title, references, why, state: 'not-applicable', because }
  const upstream = left[id]
  if (upstream !== undefined)
    return { id, title, references, why, state: 'off', because: `the profile leaves it out, as upstream: ${upstream}` }
  return { id, title, references, why, state: input.off.includes(id) ? 'off' : 'on' }
}

function checkIds(
  off: readonly string[],
  waivers: readonly { control: string }[],
  where: NonNullable<RenderInput['where']>,
): void {
  const hint = (id: string) => {
    const near = nearest(id, controlIds)
    return `${near ? `Did you mean ${near}? ` : ''}\`redoubt controls\` lists them.`
  }
  for (const id of off) if (!controlIds.includes(id)) fail('usage', `there is no control ${id}`, { hint: hint(id) })
  waivers.forEach(({ control }, index) => {
    const first = waivers.findIndex((waiver) => waiver.control === control)
    if (first < index)
      fail('usage', `${control} is waived twice`, {
        where: where(['spec', 'waivers', index, 'control']),
        hint: `The first waiver stands at ${where(['spec', 'waivers', first, 'control'])}: one reason, one last day.`,
      })
    if (!controlIds.includes(control))
      fail('usage', `there is no control ${control}`, {
        where: where(['spec', 'waivers', index, 'control']),
        hint: hint(control),
      })
  })
}
