// The token that pods would get without asking.

import { parseJson } from '../../../../lib/json.ts'
import { type Answer, field, judgeStatus, list } from '../../judge.ts'
import { compliantPod } from '../../pods.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { createAccount } from '../../sandbox.ts'
import { dryRun, namespaceProbe } from './ask.ts'

/** Whether the pod that came back has a volume with a token of the API. */
export function judgeToken(where: string, sent: string, answer: Answer, has: boolean): Check {
  const expected = has ? '201, with a token' : '201, without a token'
  if ('error' in answer || answer.status !== 201)
    return { ...judgeStatus(where, `${sent} (dry run)`, answer, [201]), expected }
  const sources = list(parseJson(answer.body), 'spec', 'volumes').flatMap((volume) =>
    list(volume, 'projected', 'sources'),
  )
  const token = sources.some((source) => field(source, 'serviceAccountToken') !== undefined)
  const saw = `201, ${token ? 'with' : 'without'} a token`
  return check(token === has ? 'pass' : 'fail', where, `${sent} (dry run)`, expected, saw)
}

const defaultToken: Probe = {
  id: 'default-token',
  title: 'a pod that names no service account gets no token; one that asks for its own gets it',
  group: 'workloads',
  controls: ['no-default-token'],
  needs: ['sandbox'],
  budget: 20_000,
  run: async (env) => {
    const { url } = env.model.endpoint
    const account = await createAccount(env, 'token')
    const silent = compliantPod(env, 'silent', 'default')
    delete silent.spec.serviceAccountName
    delete silent.spec.automountServiceAccountToken
    const asking = compliantPod(env, 'asking', account)
    asking.spec.automountServiceAccountToken = true
    return [
      judgeToken(url, 'a pod that names no account', await dryRun(env, 'pods', silent), false),
      judgeToken(url, 'a pod that asks for its account’s token', await dryRun(env, 'pods', asking), true),
    ]
  },
}

/** Every namespace's `default` account, the system's too, mounts no token. */
export function judgeAccounts(where: string, namespaces: readonly unknown[], accounts: readonly unknown[]): Check[] {
  const living = namespaces.filter((namespace) => field(namespace, 'status', 'phase') !== 'Terminating')
  return living.map((namespace) => {
    const name = String(field(namespace, 'metadata', 'name'))
    const own = accounts.find(
      (one) => field(one, 'metadata', 'namespace') === name && field(one, 'metadata', 'name') === 'default',
    )
    const mounts = field(own, 'automountServiceAccountToken')
    const saw = own ? `automountServiceAccountToken ${mounts ?? 'unset'}` : 'no such account'
    const verdict = own === undefined ? 'unknown' : mounts === false ? 'pass' : 'fail'
    return check(verdict, where, `account default of ${name}`, 'automountServiceAccountToken false', saw)
  })
}

const defaultAccounts = namespaceProbe({
  id: 'default-accounts',
  title: 'no namespace’s default service account mounts a token',
  control: 'no-default-token',
  path: '/api/v1/serviceaccounts?fieldSelector=metadata.name%3Ddefault',
  judge: judgeAccounts,
})

export const defaultTokenProbes: readonly Probe[] = [defaultToken, defaultAccounts]
