// The cluster works: what hardening must not break. No control hangs on these.

import { parseJson } from '../../../lib/json.ts'
import type { Env } from '../env.ts'
import { describeAnswer, field, judgeStatus, list } from '../judge.ts'
import { containerPort, dial, dialUntil, type TestPod } from '../pods.ts'
import { type Check, check, oneLine, type Probe } from '../probe.ts'
import { apiServers, askEach } from './targets.ts'

/** One dial: the expected pod answered. */
export function judgeReached(
  from: TestPod,
  host: string,
  result: { reached: string } | { error: string },
  to: TestPod,
): Check {
  const where = `pod on ${from.node}`
  const sent = `GET http://${host}/hostname`
  const expected = `the pod on ${to.node}`
  if ('error' in result) return check('fail', where, sent, expected, oneLine(result.error))
  return check(result.reached === to.name ? 'pass' : 'fail', where, sent, expected, result.reached)
}

/** What each test pod makes of each other one. */
async function everyPair(env: Env, reach: (from: TestPod, to: TestPod) => Promise<Check>): Promise<Check[]> {
  const { pods } = await env.pods()
  return Promise.all(pods.flatMap((from) => pods.filter((to) => to !== from).map((to) => reach(from, to))))
}

const network: Probe = {
  id: 'pod-network',
  title: 'pods on two nodes reach each other by address',
  group: 'works',
  controls: [],
  needs: ['sandbox', 'two-nodes'],
  budget: 180_000,
  run: (env) =>
    everyPair(env, async (from, to) => {
      const result = await dial(env, from, to.address, containerPort)
      return judgeReached(from, `${to.address}:${containerPort}`, result, to)
    }),
}

/**
 * Milliseconds until a node must have heard of a new Service's endpoints. It takes none, but after an API server was away
 * kube-proxy asks again only within 30 s, at random up to twice that (client-go's reflector).
 */
const ruleDelay = 65_000

const services: Probe = {
  id: 'services-and-dns',
  title: 'pods on two nodes reach each other by the name of a Service',
  group: 'works',
  controls: [],
  needs: ['sandbox', 'two-nodes'],
  budget: 120_000,
  run: (env) =>
    everyPair(env, async (from, to) => {
      const host = `${to.service}.${env.namespace}.svc.${env.model.network.dnsDomain}`
      return judgeReached(from, host, await dialUntil(env, from, host, 80, ruleDelay), to)
    }),
}

const nodes: Probe = {
  id: 'nodes-ready',
  title: 'every node is Ready',
  group: 'works',
  controls: [],
  needs: ['api'],
  budget: 15_000,
  run: async (env) => {
    const { url } = env.model.endpoint
    const answer = await env.ask({ url: `${url}/api/v1/nodes`, trust: 'server-ca', as: env.verifier })
    if ('error' in answer || answer.status !== 200)
      return [check('unknown', url, 'list nodes', 'a list', describeAnswer(answer))]
    return judgeNodes(
      url,
      parseJson(answer.body),
      env.model.nodes.map((node) => node.name),
    )
  },
}

/** Under which a kubelet takes no pods, or ends some: Ready all the same. */
const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure']

/** Every node of the spec is registered, Ready and under no pressure; and no other is registered. */
export function judgeNodes(where: string, nodes: unknown, names: readonly string[]): Check[] {
  const items = list(nodes, 'items')
  const strangers = items.map((node) => String(field(node, 'metadata', 'name'))).filter((name) => !names.includes(name))
  return [
    ...names.map((name) => {
      const node = items.find((item) => field(item, 'metadata', 'name') === name)
      const conditions = list(node, 'status', 'conditions')
      const ready = conditions.find((condition) => field(condition, 'type') === 'Ready')
      const pressed = conditions
        .filter((condition) => field(condition, 'status') === 'True')
        .map((condition) => String(field(condition, 'type')))
        .filter((type) => pressures.includes(type))
      const good = field(ready, 'status') === 'True' && pressed.length === 0
      const state = [`Ready ${field(ready, 'status')} ${field(ready, 'reason')}`, ...pressed].join(', ')
      return check(
        good ? 'pass' : 'fail',
        where,
        `node ${name}`,
        'Ready True, no pressure',
        node ? state : 'not registered',
      )
    }),
    ...strangers.map((name) =>
      check('fail', where, `node ${name}`, 'not registered', 'registered, but not in redoubt.yaml'),
    ),
  ]
}

const health: Probe = {
  id: 'apiserver-ready',
  title: 'every API server is ready, with all its parts',
  group: 'works',
  controls: [],
  needs: [],
  budget: 15_000,
  run: (env) =>
    askEach(apiServers(env), async ({ where, trust }) =>
      judgeStatus(where, 'GET /readyz', await env.ask({ url: `${where}/readyz`, trust }), [200]),
    ),
}

export const worksProbes: readonly Probe[] = [health, nodes, network, services]
