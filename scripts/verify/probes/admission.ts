// Admission and the surface of the API: what is refused before it is stored, and what is not served at all.

import { parseJson } from '../../../lib/json.ts'
import type { Env } from '../env.ts'
import { type Answer, describeAnswer, field, list } from '../judge.ts'
import { compliantPod } from '../pods.ts'
import { type Check, check, type Probe } from '../probe.ts'
import { askSandbox, createAccount, metadata } from '../sandbox.ts'
import { admitted, dryRun, listAll, refused } from './objects/ask.ts'
import { apiServers, askEach } from './targets.ts'

const accounts: Probe = {
  id: 'service-account-required',
  title: 'a pod that names a service account which does not exist is refused',
  group: 'workloads',
  controls: ['admission-plugins'],
  needs: ['sandbox'],
  budget: 15_000,
  run: async (env) => {
    const real = await createAccount(env, 'real')
    const ask = (account: string) => dryRun(env, 'pods', compliantPod(env, 'account', account))
    return [
      admitted(env, 'a pod with an account that exists', await ask(real)),
      refused(env, 'the same with one that does not', await ask(`none-${env.run}`), 'not found'),
    ]
  },
}

/** How many events are sent: twice what one namespace may send at once (templates/controls/apiserver.ts). Dry runs are not counted. */
const flood = 200

const events: Probe = {
  id: 'event-flood',
  title: 'a namespace that floods the API server with events is slowed down',
  group: 'workloads',
  controls: ['event-rate-limit'],
  needs: ['sandbox'],
  budget: 30_000,
  run: async (env) => {
    const answers = await Promise.all(Array.from({ length: flood }, (_, index) => sendEvent(env, index)))
    return [judgeFlood(env.model.endpoint.url, answers)]
  },
}

function sendEvent(env: Env, index: number): Promise<Answer> {
  const meta = metadata(env, `event-${index}`)
  const object = { apiVersion: 'v1', kind: 'Pod', name: meta.name, namespace: env.namespace }
  return askSandbox(env, 'events', {
    method: 'POST',
    body: { apiVersion: 'v1', kind: 'Event', metadata: meta, involvedObject: object, reason: 'Probe', type: 'Normal' },
  })
}

/** Some are taken and some refused by the limit of the namespace; what else comes back tells nothing. */
export function judgeFlood(where: string, answers: readonly Answer[]): Check {
  const sent = `${answers.length} events at once`
  const expected = 'some taken, then 429 “limit reached on type Namespace”'
  const odd = answers.find((answer) => 'error' in answer || ![201, 429].includes(answer.status))
  if (odd) return check('unknown', where, sent, expected, describeAnswer(odd))
  const taken = answers.filter((answer) => answer.status === 201).length
  const limited = answers.filter(
    (answer) => 'body' in answer && answer.body.includes('limit reached on type Namespace'),
  )
  const saw = `${taken} taken, ${limited.length} limited`
  if (taken === 0) return check('unknown', where, sent, expected, saw)
  return check(limited.length > 0 ? 'pass' : 'fail', where, sent, expected, saw)
}

const alpha: Probe = {
  id: 'alpha-apis',
  title: 'no API server serves an API that upstream calls alpha',
  group: 'authorization',
  controls: ['no-alpha-features'],
  needs: ['api'],
  budget: 15_000,
  run: async (env) => {
    const made = madeHere(await listAll(env, '/apis/apiregistration.k8s.io/v1/apiservices'))
    return askEach(apiServers(env), async ({ where }) =>
      judgeVersions(where, await env.ask({ url: `${where}/apis`, trust: 'server-ca', as: env.verifier }), made),
    )
  },
}

/**
 * The group versions that somebody brought: by definitions (kube-aggregator keeps those registered, and its own only from the start on: K
 * pkg/controlplane/controller/crdregistration, kube-aggregator autoregister), or served by another server.
 */
export function madeHere(services: readonly unknown[]): ReadonlySet<string> {
  const made = services.filter(
    (service) =>
      field(service, 'metadata', 'labels', 'kube-aggregator.kubernetes.io/automanaged') === 'true' ||
      (field(service, 'spec', 'service') ?? null) !== null,
  )
  return new Set(made.map((service) => `${field(service, 'spec', 'group')}/${field(service, 'spec', 'version')}`))
}

/**
 * Group versions by name: `v1alpha1` is alpha (the API versioning convention of Kubernetes). Those that operators and the pod network bring
 * (`made`) are no features of Kubernetes: no gate turns them on or off.
 */
export function judgeVersions(where: string, answer: Answer, made: ReadonlySet<string>): Check {
  const [sent, expected] = ['GET /apis', 'no version called alpha, but of definitions that somebody made']
  const versions =
    'error' in answer || answer.status !== 200
      ? []
      : list(parseJson(answer.body), 'groups').flatMap((group) =>
          list(group, 'versions').map((version) => String(field(version, 'groupVersion'))),
        )
  if (versions.length === 0) return check('unknown', where, sent, expected, describeAnswer(answer))
  const alphas = versions.filter((version) => /\/v\d+alpha\d+$/.test(version) && !made.has(version))
  const saw = alphas.length > 0 ? alphas.join(', ') : `${versions.length} versions, none of them`
  return check(alphas.length === 0 ? 'pass' : 'fail', where, sent, expected, saw)
}

export const admissionProbes: readonly Probe[] = [accounts, events, alpha]
