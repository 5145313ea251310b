import type { ConfigurableName } from '../cluster/components.ts'
import type { NodeFile } from '../cluster/files.ts'
import type { NodeModel } from '../cluster/model.ts'
import type { Args, Contribution, Fields } from './control.ts'

/** Who sets something, for the error when two do: `the baseline`, or a control's id. */
export interface From<T> {
  by: string
  sets: T
  /** It replaces what others set before it: a profile, or the spec. */
  wins?: boolean
}

export type ArgMap = Map<string, { value: string | readonly string[]; by: string }>

/**
 * Joins the arguments of one component in order. A list is extended, a scalar is set once.
 * Throws when one is set twice, naming both: that is a defect of our tables, not of the user's input.
 */
export function mergeArgs(component: ConfigurableName, sources: readonly From<Args>[]): ArgMap {
  const merged: ArgMap = new Map()
  for (const { by, sets, wins } of sources)
    for (const [flag, value] of Object.entries(sets)) {
      const before = merged.get(flag)
      if (before === undefined || wins) {
        merged.set(flag, { value, by })
        continue
      }
      const [known, added] = [before.value, value]
      if (typeof known === 'string' || typeof added === 'string' || added.some((item) => known.includes(item)))
        throw new Error(`${component} --${flag}: set by ${before.by} and by ${by}`)
      merged.set(flag, { value: [...known, ...added], by: `${before.by} and ${by}` })
    }
  return merged
}

/** `--name=value`, lists joined by commas. */
export function formatArgs(args: ArgMap): string[] {
  return [...args].map(([flag, { value }]) => `--${flag}=${typeof value === 'string' ? value : value.join(',')}`)
}

/**
 * Builds a configuration object from dotted paths: `authentication.anonymous.enabled`.
 * Throws when a field, or a field above or below it, is set twice, naming both, unless the later one wins.
 */
export function mergeFields(what: string, sources: readonly From<Fields>[]): Record<string, unknown> {
  const merged = new Map<string, { value: unknown; by: string }>()
  for (const { by, sets, wins } of sources)
    for (const [path, value] of Object.entries(sets)) {
      for (const [other, before] of [...merged].filter(([other]) => clash(other, path))) {
        if (!wins) throw new Error(`${what} ${path}: set by ${before.by} and by ${by}`)
        if (other !== path) merged.delete(other)
      }
      merged.set(path, { value, by })
    }
  // Without a prototype: a path of the spec like `constructor.prototype` finds nothing that other objects share.
  const empty = (): Record<string, unknown> => Object.create(null)
  const root = empty()
  for (const [path, { value }] of merged) {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    let target = root
    for (const key of keys) {
      target[key] ??= empty()
      target = target[key] as Record<string, unknown>
    }
    target[last] = value
  }
  return root
}

/** True when two dotted paths are one, or one lies within the other. */
export function clash(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`)
}

/** The files that a contribution brings to one node. */
export function filesFor({ name, role }: NodeModel, { files = [], nodeFiles = {} }: Contribution): readonly NodeFile[] {
  return [...(role === 'control-plane' ? files : []), ...(nodeFiles[name] ?? [])]
}

/** Joins files. Throws when two have one path, naming both. */
export function mergeFiles(sources: readonly From<readonly NodeFile[]>[]): NodeFile[] {
  const owners = new Map<string, string>()
  return sources.flatMap(({ by, sets }) =>
    sets.map((file) => {
      const before = owners.get(file.path)
      if (before) throw new Error(`${file.path}: set by ${before} and by ${by}`)
      owners.set(file.path, by)
      return file
    }),
  )
}
