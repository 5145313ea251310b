import type { ModeRule } from '../control.ts'

/** The first rule that a file falls under. */
export function ruleOf(path: string, rules: readonly ModeRule[]): ModeRule | undefined {
  return rules.find(
    ({ below, suffix = '' }) =>
      (below.endsWith('/') ? path.startsWith(below) : path === below) && path.endsWith(suffix),
  )
}

/** The mode that rules give a file; undefined where none fits. */
export function modeOf(path: string, rules: readonly ModeRule[]): number | undefined {
  return ruleOf(path, rules)?.mode
}
