// One setting spoiled at a time, in what a node is seen to run: each must be noticed by the control that sets it.
import { type ConfigurableName, configurable } from '../../../cluster/components.ts'
import type { NodeView } from '../../../scripts/verify/attest/view.ts'
import { filesFor } from '../../../templates/compose.ts'
import type { Contribution } from '../../../templates/control.ts'
import { authenticationPath } from '../../../templates/controls/layout.ts'
import { ruleOf } from '../../../templates/node/modes.ts'

export interface Mutant {
  /** `kube-apiserver --profiling: given again with another value`. */
  what: string
  view: NodeView
}

/** Every way to spoil what a control sets on this node. */
export function mutantsOf(view: NodeView, sets: Contribution): Mutant[] {
  const onControlPlane = view.node.role === 'control-plane'
  return [
    ...(onControlPlane ? configurable.flatMap((name) => ofArgs(view, name, sets.args?.[name] ?? {})) : []),
    ...Object.entries(sets.kubelet ?? {}).flatMap(([path, wanted]) => ofField(view, 'kubelet', path, wanted)),
    ...(onControlPlane
      ? Object.entries(sets.authentication ?? {}).flatMap(([path, wanted]) => [
          ...ofField(view, 'authentication', path, wanted),
          ...ofArgs(view, 'kube-apiserver', { 'authentication-config': authenticationPath }),
        ])
      : []),
    ...Object.keys(sets.containerd ?? {}).flatMap((path) => ofContainerd(view, path)),
    ...(onControlPlane ? ofUsers(view, sets) : []),
    ...filesFor(view.node, sets).flatMap((file) => ofFile(view, file.path)),
    ...(sets.modes ?? []).flatMap((rule) => {
      const path = [...view.files.keys()].find((one) => ruleOf(one, sets.modes ?? []) === rule)
      return path === undefined ? [] : ofFile(view, path).filter(({ what }) => /mode|owner/.test(what))
    }),
  ]
}

function ofArgs(
  view: NodeView,
  component: ConfigurableName,
  args: NonNullable<Contribution['args']>[ConfigurableName],
): Mutant[] {
  return Object.entries(args ?? {}).flatMap(([flag, wanted]) => {
    const spoil = (how: string, change: (given: readonly string[]) => string[]): Mutant => ({
      what: `${component} --${flag}: ${how}`,
      view: {
        ...view,
        processes: new Map([...view.processes, [component, (view.processes.get(component) ?? []).map(change)]]),
      },
    })
    const own = (arg: string) => arg.startsWith(`--${flag}=`)
    const removed = spoil('taken away', (given) => given.filter((arg) => !own(arg)))
    if (typeof wanted === 'string')
      return [removed, spoil('given again with another value', (given) => [...given, `--${flag}=${other(wanted)}`])]
    const without = wanted.map((item) =>
      spoil(`without ${item}`, (given) =>
        given.map((arg) => {
          const items = arg.slice(flag.length + 3).split(',')
          return own(arg) ? `--${flag}=${items.filter((one) => one !== item).join(',')}` : arg
        }),
      ),
    )
    return [...without, spoil('with a foreign item', (given) => [...given, `--${flag}=Foreign`])]
  })
}

/** A value that is not the wanted one. */
function other(wanted: unknown): string {
  if (wanted === 'true' || wanted === true) return 'false'
  return wanted === 'false' || wanted === false ? 'true' : `${String(wanted)}0`
}

function ofField(view: NodeView, kind: 'kubelet' | 'authentication', path: string, wanted: unknown): Mutant[] {
  const found = view[kind]
  if (!('config' in found)) return []
  const value =
    typeof wanted === 'boolean' ? !wanted : typeof wanted === 'number' ? wanted + 1 : [String(wanted), 'other']
  return [value, undefined].map((changed) => ({
    what: `${kind} ${path}: ${changed === undefined ? 'taken away' : String(changed)}`,
    view: { ...view, [kind]: { ...found, config: withField(found.config, path.split('.'), changed) } },
  }))
}

/** The object with another value at a path; undefined takes the field away. */
function withField(object: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const { [key]: own, ...others } = object as Record<string, unknown>
  const changed = rest.length > 0 ? withField(own ?? {}, rest, value) : value
  return changed === undefined ? others : { ...others, [key]: changed }
}

function ofContainerd(view: NodeView, path: string): Mutant[] {
  if (!('config' in view.containerd)) return []
  const config = new Map([...view.containerd.config, [path, '1000']])
  return [{ what: `containerd ${path}: 1000`, view: { ...view, containerd: { config } } }]
}

function ofUsers(view: NodeView, { users = {}, owners = {} }: Contribution): Mutant[] {
  const given = Object.keys(users) as ConfigurableName[]
  return [
    ...given.flatMap((component) =>
      [['0:0'], ['0:379'], ['379:0'], ['379:379', '0:0']].map((found) => ({
        what: `${component} as ${found.join(' and ')}`,
        view: { ...view, users: new Map([...view.users, [component, found]]) },
      })),
    ),
    ...Object.keys(owners).map((path) => {
      const spoil = <T extends { owner: string }>(all: ReadonlyMap<string, T>) =>
        new Map([...all].map(([one, entry]) => [one, one === path ? { ...entry, owner: 'root:root' } : entry]))
      return { what: `${path}: root’s`, view: { ...view, files: spoil(view.files), folders: spoil(view.folders) } }
    }),
  ]
}

function ofFile(view: NodeView, path: string): Mutant[] {
  const file = view.files.get(path)
  if (!file) return []
  const spoil = (how: string, changed: typeof file | undefined): Mutant => {
    const files = new Map(view.files)
    if (changed) files.set(path, changed)
    else files.delete(path)
    return { what: `${path}: ${how}`, view: { ...view, files } }
  }
  return [
    spoil('gone', undefined),
    spoil('another content', { ...file, sha256: '0'.repeat(64) }),
    spoil('another mode', { ...file, mode: '0666' }),
    spoil('another owner', { ...file, owner: 'nobody:nogroup' }),
  ]
}
