// Single events of the audit log, by the id that the API server gives with its answer.

import { parseJson } from '../../../../lib/json.ts'
import type { Env, ShellAnswer } from '../../env.ts'
import { type Answer, field } from '../../judge.ts'
import { pause } from '../../patience.ts'
import { type Check, check } from '../../probe.ts'

/** Lines with a word, of the log and what it was rotated to. 1: none. 2: no log. What to look for comes by standard input. */
const find = `ls "$1"/audit*.log >/dev/null 2>&1 || exit 2
grep -hF -f - "$1"/audit*.log | tail -n 20`

/** Looks in a node's audit log for lines that hold one of these words, each a line. Code 1: none. 2: no log. */
export function findEvents({ shell, model }: Env, node: string, words: string): Promise<ShellAnswer> {
  return shell(node, find, { args: [model.places.auditFolder], stdin: words })
}

/** The id under which the API server logs the request that it answered; undefined when it does not say. */
export function auditId(answer: Answer): string | undefined {
  const id = 'error' in answer ? undefined : answer.headers['audit-id']
  return typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id) ? id : undefined
}

/** The event of a request on a node's disk; undefined when it is not there within two seconds. */
export async function eventById(env: Env, node: string, answer: Answer): Promise<unknown> {
  const id = auditId(answer)
  for (let tries = 0; id !== undefined && tries < 5; tries++) {
    const { stdout } = await findEvents(env, node, `${id}\n`)
    const event = stdout
      .split('\n')
      .map(parseJson)
      .find((one) => field(one, 'auditID') === id)
    if (event !== undefined) return event
    await pause(400)
  }
  return undefined
}

/** An event is there and names this user. */
export function judgeEvent(where: string, user: string, event: unknown): Check {
  const [sent, expected] = ['its event in the audit log', `user ${user}`]
  if (event === undefined) return check('fail', where, sent, expected, 'no such event')
  const extra = field(event, 'user', 'extra', 'authentication.kubernetes.io/credential-id')
  const saw = `user ${field(event, 'user', 'username')}${Array.isArray(extra) ? ` by ${extra.join(' ')}` : ''}`
  return check(field(event, 'user', 'username') === user ? 'pass' : 'fail', where, sent, expected, saw)
}
