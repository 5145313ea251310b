import type { Workspace } from '../cluster/workspace.ts'
import { fail } from '../lib/errors.ts'
import type { Format, Output } from '../lib/output.ts'

/** What every command is given. */
export interface Context {
  out: Output
  workspace: Workspace
  /** Fires on Ctrl-C; pass it to everything that waits. */
  signal: AbortSignal
  /** The clock, so that tests can set it. Render never uses it. */
  now: () => Date
}

export interface Option {
  type: 'boolean' | 'string'
  /** `FILE`, `N`: how the value is called in help. */
  value?: string
  describe: string
  multiple?: boolean
}

/** Values of a command's options, by name; only what the user gave. */
export type OptionValues = Record<string, string | boolean | (string | boolean)[] | undefined>

export interface Command {
  /** `bundle build` */
  name: string
  summary: string
  /** Positional arguments as help shows them: `NODE [-- COMMAND ...]`. */
  args?: string
  /** How many positional arguments it takes, at least and at most. */
  positionals?: [number, number]
  examples: string[]
  options: Record<string, Option>
  /** Output formats beside table and json. */
  formats?: readonly Format[]
  /** With -o json its progress is events on stderr: one JSON object a line (lib/events.ts). */
  events?: true
  /** Resolves with the process's exit code; failures are thrown as RedoubtError. */
  run(context: Context, args: string[], options: OptionValues): Promise<number>
}

/** Options that several commands take. */
export const bundleFile: Option = {
  type: 'string',
  value: 'FILE',
  describe: 'the bundle (default: NAME-VERSION.tar in the workspace)',
}
export const publicKey: Option = {
  type: 'string',
  value: 'PUB',
  describe: 'public key of who made the bundle (default: bundle.pub in the workspace)',
}

/** `--target`: for whom nodes are rendered. */
export function target(describe: string): Option {
  return { type: 'string', value: 'TARGET', describe }
}

/** The value of `--target`. Throws `usage` for one that there is not. */
export function targetOf(options: OptionValues): 'nodes' | 'kubeadm' {
  const target = text(options, 'target') ?? 'nodes'
  if (target === 'nodes' || target === 'kubeadm') return target
  return fail('usage', `--target ${target}: expected nodes or kubeadm`)
}

/** The string value of an option, or undefined. */
export function text(options: OptionValues, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** The string values of an option that may be repeated. */
export function texts(options: OptionValues, name: string): string[] {
  return [options[name] ?? []].flat().filter((value) => typeof value === 'string')
}

/** True when a boolean option was given. */
export function flag(options: OptionValues, name: string): boolean {
  return options[name] === true
}
