import type { ConfigurableName } from '../../cluster/components.ts'
import type { Model, NodeModel } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import { parseYaml } from '../../lib/yaml.ts'

/** One node's settings as they will be: what a rule judges. On a worker, arguments and API server files are the first control plane's. */
export interface Facts {
  model: Model
  node: NodeModel
  /** Arguments by component and flag, as the process gets them; lists joined by commas. */
  args: Record<ConfigurableName, Record<string, string>>
  /** The kubelet's configuration by dotted path: `authentication.anonymous.enabled`. */
  kubelet: Record<string, unknown>
  /** Arguments of the kubelet's unit. */
  kubeletArgs: Record<string, string>
  /** Files by path; text where it is not a secret's or a program's. */
  files: Record<string, { owner: string; mode: number; text?: string }>
  objects: readonly KubeObject[]
}

/** A setting as a rule names it. In a flag or a field `*` stands for anything, `(a|b)` for one of them. */
export type Setting =
  | { component: ConfigurableName; flag: string }
  | { kubelet: string }
  | { file: string; field: string }
  | { spec: readonly string[] }
  | { host: string }
  | { object: string }

/** Two settings that cannot stand together, as data. */
export interface Conflict {
  id: string
  title: string
  settings: readonly [Setting, Setting]
  why: string
  /** Where upstream says so. */
  source: string
  remedy: string
  /** True where the cluster surely does not start, or not come up whole: `--force` does not let it pass. */
  stops: boolean
  /** The control whose `off` is this very thing: a rendering without it is weakened on purpose, not by mistake. */
  excusedBy?: string
  applies(facts: Facts): boolean
}

/** The items of a list flag. */
export function items(value: string | undefined): string[] {
  return value ? value.split(',').map((item) => item.trim()) : []
}

/** True when a flag of the API server is given and not empty. */
export function given(facts: Facts, component: ConfigurableName, flag: string): boolean {
  return (facts.args[component][flag] ?? '') !== ''
}

/** True when any given flag of a component matches, `*` standing for anything. */
export function anyGiven(facts: Facts, component: ConfigurableName, pattern: string): boolean {
  return Object.keys(facts.args[component]).some((flag) => matches(pattern, flag) && given(facts, component, flag))
}

/** True when a flag's name fits a pattern: `*` stands for anything, `(a|b)` for one of them. */
export function matches(pattern: string, flag: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(flag)
}

/** A Go duration (`1m30s`, `200ms`) in seconds; NaN when it is none (time.ParseDuration). */
export function seconds(text: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.map((part) => part[0]).join('') !== text || text === '') return Number.NaN
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? Number.NaN), 0)
}

/** The value at `path` in a YAML file of the node that a flag names or that is named; undefined when there is none. */
export function inFile(facts: Facts, path: string | undefined, ...keys: (string | number)[]): unknown {
  const text = path === undefined ? undefined : facts.files[path]?.text
  if (path === undefined || text === undefined) return undefined
  return keys.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    parseYaml(text, path).value,
  )
}

/** A value as a list; an empty one when it is none. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
