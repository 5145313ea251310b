import { type ConfigurableName, configurable } from '../cluster/components.ts'
import type { ClusterSpec, LoadedSpec } from '../cluster/spec.ts'
import { fail } from '../lib/errors.ts'
import { type ArgMap, clash } from './compose.ts'
import type { Fields } from './control.ts'

/** Adds what `spec.components.NAME.args` says to the arguments of a component. */
export type Overrides = (component: ConfigurableName, args: ArgMap) => ArgMap

interface Options {
  components: ClusterSpec['spec']['components']
  /** Where in the spec a value stands. */
  where: LoadedSpec['where']
  /** Let the spec win over baseline and controls. */
  force: boolean
  /** Called once for each argument that the spec forces. */
  onForced: (text: string) => void
  /** Called with what the spec sets (`kube-apiserver --profiling`) and who has set it too. */
  onSetTwice: (name: string, by: string) => void
}

/** What the spec sets of its own. */
export interface Override {
  /** `kube-apiserver --v=4`; of a value that may hold a credential only the name. */
  setting: string
  /** `redoubt.yaml:9:41` */
  where: string
  /** Whom it wins over: a control, `the baseline`, a profile. Null when nobody else sets it. */
  over: string | null
}

/**
 * Arguments that the spec adds. One that the baseline or a control sets is refused with `usage` at file:line, unless forced:
 * then the spec wins and `onForced` is told.
 */
export function overrides({ components, where, force, onForced, onSetTwice }: Options): Overrides {
  return (component, args) => {
    const merged: ArgMap = new Map(args)
    for (const [flag, value] of Object.entries(components[component].args)) {
      const at = where(['spec', 'components', component, 'args', flag])
      if (!/^[a-z][a-z0-9-]*$/.test(flag))
        fail('usage', `${JSON.stringify(flag)} is no flag name`, {
          where: at,
          hint: 'Write it without leading dashes: v: "2".',
        })
      const before = merged.get(flag)
      if (before && !force)
        fail('usage', `${component} --${flag} is set by ${before.by}`, {
          where: at,
          hint: 'Take it out of the spec. `redoubt render --force` lets the spec win; verify then tells what it cost.',
        })
      if (before) {
        onForced(`${at}: ${component} --${flag}=${value} wins over ${before.by}`)
        onSetTwice(`${component} --${flag}`, before.by)
      }
      merged.set(flag, { value, by: 'redoubt.yaml' })
    }
    return merged
  }
}

/**
 * Kubelet fields that the spec adds. One that the baseline, a control or the profile sets is refused with `usage` at
 * file:line, unless forced: then the spec wins and `onForced` is told. `sources` are who sets what.
 */
export function checkKubeletFields(
  sources: readonly { by: string; sets: Fields }[],
  { components, where, force, onForced, onSetTwice }: Options,
): void {
  for (const [path, value] of Object.entries(components.kubelet.config)) {
    const at = where(['spec', 'components', 'kubelet', 'config', path])
    if (!/^[a-z][A-Za-z0-9]*(\.[A-Za-z0-9-]+)*$/.test(path) || path.split('.').some(isInherited))
      fail('usage', `${JSON.stringify(path)} is no field of KubeletConfiguration`, {
        where: at,
        hint: 'Write the path with dots: memorySwap.swapBehavior: NoSwap.',
      })
    const before = sources.find(({ sets }) => Object.keys(sets).some((other) => clash(other, path)))
    if (before && !force)
      fail('usage', `kubelet ${path} is set by ${before.by}`, {
        where: at,
        hint: 'Take it out of the spec. `redoubt render --force` lets the spec win; verify then tells what it cost.',
      })
    if (before) {
      onForced(`${at}: kubelet ${path}=${JSON.stringify(value)} wins over ${before.by}`)
      onSetTwice(`kubelet ${path}`, before.by)
    }
  }
}

/** Everything that the spec sets of its own. `over`: who else sets it, by name. */
export function listOverrides(
  components: Options['components'],
  where: Options['where'],
  over: ReadonlyMap<string, string>,
): Override[] {
  const entry = (name: string, key: string, value: unknown, path: readonly string[]): Override => ({
    setting: `${name}=${shown(key, typeof value === 'string' ? value : JSON.stringify(value))}`,
    where: where(['spec', 'components', ...path, key]),
    over: over.get(name) ?? null,
  })
  return [
    ...configurable.flatMap((component) =>
      Object.entries(components[component].args).map(([flag, value]) =>
        entry(`${component} --${flag}`, flag, value, [component, 'args']),
      ),
    ),
    ...Object.entries(components.kubelet.config).map(([path, value]) =>
      entry(`kubelet ${path}`, path, value, ['kubelet', 'config']),
    ),
  ]
}

function shown(name: string, value: string): string {
  return /(token|password|secret)$|header/i.test(name) || /:\/\/[^/]*@/.test(value) ? '(not shown)' : value
}

/** A name that every JavaScript object has: no field of upstream's is called so, and readers of what is rendered refuse it. */
function isInherited(name: string): boolean {
  return name === 'prototype' || name in {}
}
