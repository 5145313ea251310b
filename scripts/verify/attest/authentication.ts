import type { Fields } from '../../../templates/control.ts'
import { authenticationPath } from '../../../templates/controls/layout.ts'
import { field } from '../judge.ts'
import { type Check, check } from '../probe.ts'
import { scalarOf } from './arguments.ts'
import type { NodeView } from './view.ts'

/**
 * Whether the API server is given the authentication file, and the file says what a control sets there, by dotted path; a list must
 * be the same in every item. That the file is also what was loaded, the probe authentication-loaded says.
 */
export function judgeAuthentication(view: NodeView, sets: Fields): Check[] {
  if (Object.keys(sets).length === 0) return []
  return [...judgeFlag(view), ...Object.entries(sets).map(([path, wanted]) => judgeField(view, path, wanted))]
}

function judgeFlag({ where, processes }: NodeView): Check[] {
  const sent = '--authentication-config of kube-apiserver'
  const found = processes.get('kube-apiserver') ?? []
  if (found.length === 0) return [check('unknown', where, sent, authenticationPath, 'no process kube-apiserver')]
  return found.map((process) => {
    const value = scalarOf(process, 'authentication-config')
    return check(value === authenticationPath ? 'pass' : 'fail', where, sent, authenticationPath, value ?? 'not set')
  })
}

function judgeField({ where, authentication }: NodeView, path: string, wanted: unknown): Check {
  const found = difference(wanted, field(authentication.config, ...path.split('.')), path)
  const sent = `${found?.at ?? path} of ${authenticationPath}`
  if (!found) return check('pass', where, sent, 'as rendered', 'as rendered')
  return check('fail', where, sent, JSON.stringify(found.wanted) ?? 'not set', JSON.stringify(found.seen) ?? 'not set')
}

interface Difference {
  at: string
  wanted: unknown
  seen: unknown
}

/** The first place at which two values are not the same; a whole field where one of them has none. */
function difference(wanted: unknown, seen: unknown, at: string): Difference | undefined {
  if (!isBranch(wanted) || !isBranch(seen)) return wanted === seen ? undefined : { at, wanted, seen }
  const keys = new Set([...Object.keys(wanted), ...Object.keys(seen)])
  for (const key of keys) {
    const found = difference(wanted[key], seen[key], `${at}.${key}`)
    if (found) return found
  }
  return undefined
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
