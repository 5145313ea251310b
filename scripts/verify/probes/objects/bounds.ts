// Quotas and limits: what they refuse and add, and that every namespace has them.

import { parseJson } from '../../../../lib/json.ts'
import { type Bounded, boundedNamespaces } from '../../../../templates/cluster/namespaces.ts'
import type { Env } from '../../env.ts'
import { type Answer, field, list } from '../../judge.ts'
import { compliantPod, type PodObject } from '../../pods.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { createAccount, metadata } from '../../sandbox.ts'
import { admitted, dryRun, everyNamespace, namespaceProbe, refused } from './ask.ts'

function podOf(env: Env, account: string, resources: object | undefined, count = 1): PodObject {
  const pod = compliantPod(env, 'bounds', account)
  const { resources: _, ...first } = pod.spec.containers[0] ?? {}
  pod.spec.containers = Array.from({ length: count }, (_, index) => ({
    ...first,
    name: `c${index}`,
    ...(resources ? { resources } : {}),
  }))
  return pod
}

function serviceOf(env: Env, type: string): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(env, 'bounds'),
    spec: { type, selector: { app: 'nobody' }, ports: [{ port: 80 }] },
  }
}

const quotaEnforced: Probe = {
  id: 'quota-enforced',
  title: 'a pod past its namespace’s quota and a Service with a port on the nodes are refused',
  group: 'workloads',
  controls: ['namespace-quota'],
  needs: ['sandbox'],
  budget: 30_000,
  run: async (env) => {
    const account = await createAccount(env, 'quota')
    const small = { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '32Mi' } }
    const big = { requests: { cpu: '1', memory: '16Mi' }, limits: { memory: '32Mi' } }
    return [
      admitted(env, 'a pod of 10m CPU', await dryRun(env, 'pods', podOf(env, account, small))),
      refused(env, 'a pod of 3 CPU', await dryRun(env, 'pods', podOf(env, account, big, 3)), 'exceeded quota'),
      admitted(env, 'a Service of type ClusterIP', await dryRun(env, 'services', serviceOf(env, 'ClusterIP'))),
      refused(
        env,
        'a Service of type NodePort',
        await dryRun(env, 'services', serviceOf(env, 'NodePort')),
        'exceeded quota',
      ),
    ]
  },
}

const limitsEnforced: Probe = {
  id: 'limits-enforced',
  title: 'a container without bounds is given some, and one that asks for too much is refused',
  group: 'workloads',
  controls: ['namespace-limits'],
  needs: ['sandbox'],
  budget: 30_000,
  run: async (env) => {
    const account = await createAccount(env, 'limits')
    const wanted = boundedNamespaces(env.model).find(({ name }) => name === env.namespace)?.limits
    const answer = await dryRun(env, 'pods', podOf(env, account, undefined))
    const huge = { requests: { memory: '16Mi' }, limits: { memory: '1100Mi' } }
    return [
      judgeInjected(env.model.endpoint.url, answer, wanted),
      refused(
        env,
        'a container that may take 1100Mi',
        await dryRun(env, 'pods', podOf(env, account, huge)),
        'maximum memory usage per Container',
      ),
    ]
  },
}

/** The answer's container has the limits and requests that its namespace gives to who asks for none. */
export function judgeInjected(where: string, answer: Answer, wanted: Bounded['limits'] | undefined): Check {
  const sent = 'a pod whose container asks for nothing (dry run)'
  const expected = `201, limit ${wanted?.default.memory}, request ${wanted?.defaultRequest.memory}`
  if ('error' in answer || answer.status === 429 || answer.status >= 500)
    return check('unknown', where, sent, expected, 'error' in answer ? answer.error : String(answer.status))
  const resources = field(parseJson(answer.body), 'spec', 'containers', 0, 'resources')
  const [limit, request] = ['limits', 'requests'].map((kind) => field(resources, kind, 'memory'))
  const good = answer.status === 201 && limit === wanted?.default.memory && request === wanted?.defaultRequest.memory
  return check(good ? 'pass' : 'fail', where, sent, expected, `${answer.status}, limit ${limit}, request ${request}`)
}

const quotaEverywhere = namespaceProbe({
  id: 'quota-everywhere',
  title: 'every namespace has a quota, also one that was made by hand',
  control: 'namespace-quota',
  path: '/api/v1/resourcequotas',
  judge: judgeQuotas,
})

/** Each namespace has a quota that bounds all its pods: one with scopes counts some only. */
export function judgeQuotas(where: string, namespaces: readonly unknown[], quotas: readonly unknown[]): Check[] {
  return everyNamespace(where, 'the quotas', 'pods are bounded', namespaces, quotas, (own) =>
    own.some(
      (quota) =>
        field(quota, 'spec', 'hard', 'pods') !== undefined &&
        field(quota, 'spec', 'scopes') === undefined &&
        field(quota, 'spec', 'scopeSelector') === undefined,
    )
      ? undefined
      : `${own.length} quotas, none of all pods`,
  )
}

const limitsEverywhere = namespaceProbe({
  id: 'limits-everywhere',
  title: 'every namespace has limits for containers, also one that was made by hand',
  control: 'namespace-limits',
  path: '/api/v1/limitranges',
  judge: judgeLimits,
})

/** Each namespace gives containers a memory limit, and has a most. */
export function judgeLimits(where: string, namespaces: readonly unknown[], ranges: readonly unknown[]): Check[] {
  return everyNamespace(where, 'the limits', 'memory of containers is bounded', namespaces, ranges, (own) => {
    const items = own.flatMap((range) => list(range, 'spec', 'limits'))
    const good = items.some(
      (item) =>
        field(item, 'type') === 'Container' &&
        ['default', 'max'].every((kind) => field(item, kind, 'memory') !== undefined),
    )
    return good ? undefined : `${items.length} limits, none of containers’ memory`
  })
}

export const boundsProbes: readonly Probe[] = [quotaEnforced, quotaEverywhere, limitsEnforced, limitsEverywhere]
