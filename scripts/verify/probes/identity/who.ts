// Who the API server takes a caller for, and what it lets that one do.

import { parseJson } from '../../../../lib/json.ts'
import type { Env, Identity } from '../../env.ts'
import { type Answer, describeAnswer, field, judgeStatus, list } from '../../judge.ts'
import { type Check, check } from '../../probe.ts'

const whoAmI = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }

/** Asks the API server who it takes us for. */
export function askWho(
  env: Env,
  where: string,
  as: Identity | undefined,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return env.ask({ url: where + whoAmI, trust: 'server-ca', as, headers, method: 'POST', body: review })
}

/** The API server takes us for this user and for none of these groups. */
export function judgeWho(where: string, sent: string, answer: Answer, user: string, notIn: readonly string[]): Check {
  const expected = `201, user ${user}${notIn.length > 0 ? `, not in ${notIn.join(' ')}` : ''}`
  if ('error' in answer || answer.status !== 201) return { ...judgeStatus(where, sent, answer, [201]), expected }
  const seen = field(parseJson(answer.body), 'status', 'userInfo')
  const name = field(seen, 'username')
  const groups = list(seen, 'groups').map(String)
  const good = name === user && !notIn.some((group) => groups.includes(group))
  return check(good ? 'pass' : 'fail', where, sent, expected, `201, user ${name} in ${groups.join(' ')}`)
}

/** Asks the API server what it lets `as` do. */
export function askAccess(env: Env, as: Identity, resourceAttributes: object): Promise<Answer> {
  return env.ask({
    url: `${env.model.endpoint.url}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`,
    trust: 'server-ca',
    as,
    method: 'POST',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    },
  })
}

/** A SelfSubjectAccessReview that must say no. */
export function judgeDenied(where: string, sent: string, answer: Answer): Check {
  const wanted = 'denied'
  if ('error' in answer || answer.status !== 201) return check('unknown', where, sent, wanted, describeAnswer(answer))
  const allowed = field(parseJson(answer.body), 'status', 'allowed')
  return check(allowed === false ? 'pass' : 'fail', where, sent, wanted, allowed === true ? 'allowed' : 'denied')
}
