// Network policies: asked of pods, where something enforces them; where nothing does, render says that they do not apply.
import type { Env } from '../../env.ts'
import { field, list } from '../../judge.ts'
import { compliantPod, containerPort, type Dialled, dial, startPod, type TestPod } from '../../pods.ts'
import { type Check, check, oneLine, type Probe } from '../../probe.ts'
import { everyNamespace, namespaceProbe } from './ask.ts'

/** How a packet ends that nobody answers. A refusal, or an answer that is no HTTP, is somebody's. */
const silence = /timeout|timed out|deadline exceeded|no route to host|unreachable/i

/** Nothing came back, and not because we could not ask. */
export function judgeBlocked(from: string, host: string, result: Dialled): Check {
  const sent = `GET http://${host}/hostname`
  const expected = 'no answer'
  if ('reached' in result) return check('fail', from, sent, expected, `reached ${result.reached}`)
  if (!result.asked) return check('unknown', from, sent, expected, oneLine(result.error))
  return check(silence.test(result.error) ? 'pass' : 'fail', from, sent, expected, oneLine(result.error))
}

/** A name was found: what is asked for then may be kept back. */
export function judgeResolved(from: string, host: string, result: Dialled): Check {
  const [sent, expected] = [`look up ${host}`, 'an address']
  if ('reached' in result) return check('pass', from, sent, expected, 'found, and reached')
  if (!result.asked) return check('unknown', from, sent, expected, oneLine(result.error))
  const lost = /lookup|no such host/i.test(result.error)
  return check(lost ? 'fail' : 'pass', from, sent, expected, lost ? oneLine(result.error) : 'found')
}

type Peer = Omit<TestPod, 'service'>
const placeOf = (pod: Peer, what: string) => `${what} pod on ${pod.node}`

/** Every pod asks every other one, on its own node and on the other: only those of the pair may reach each other. */
async function everyPair(env: Env, pair: readonly Peer[], strangers: readonly Peer[]): Promise<Check[]> {
  const all = [...pair, ...strangers]
  const kind = (pod: Peer) => placeOf(pod, pair.includes(pod) ? 'allowed' : 'unnamed')
  const each = all.flatMap((from) => all.filter((to) => to !== from).map((to) => ({ from, to })))
  return Promise.all(
    each.map(async ({ from, to }) => {
      const host = `${to.address}:${containerPort}`
      const result = await dial(env, from, to.address, containerPort)
      const [where, at] = [kind(from), `${host} (${kind(to)})`]
      if (!pair.includes(from) || !pair.includes(to)) return judgeBlocked(where, at, result)
      const good = 'reached' in result && result.reached === to.name
      const verdict = good ? 'pass' : 'reached' in result || result.asked ? 'fail' : 'unknown'
      const saw = 'reached' in result ? result.reached : oneLine(result.error)
      return check(verdict, where, `GET http://${at}/hostname`, 'the allowed pod', saw)
    }),
  )
}

const deny: Probe = {
  id: 'network-policy',
  title: 'a pod without a policy of its own reaches nothing but DNS and is reached by nothing; an allowed pair works',
  group: 'workloads',
  controls: ['network-policies'],
  needs: ['sandbox', 'two-nodes', 'nodes'],
  budget: 180_000,
  run: async (env) => {
    const { account, pods } = await env.pods()
    const strangers = await Promise.all(
      pods.map(({ node }, index) => startPod(env, compliantPod(env, `stranger-${index}`, account), node)),
    )
    const [stranger, service] = [strangers[0] as Peer, (pods[1] as TestPod).service]
    const { network, controlPlanes, endpoint } = env.model
    const name = `${service}.${env.namespace}.svc.${network.dnsDomain}`
    const where = placeOf(stranger, 'unnamed')
    const metadata = '169.254.169.254:80'
    const api = `${controlPlanes[0]?.address}:${endpoint.port}`
    const [pairs, resolved, outside, control] = await Promise.all([
      everyPair(env, pods, strangers),
      dial(env, stranger, name, 80),
      dial(env, stranger, '169.254.169.254', 80),
      dial(env, stranger, controlPlanes[0]?.address ?? '', endpoint.port),
    ])
    return [
      ...pairs,
      judgeResolved(where, name, resolved),
      judgeBlocked(where, `${name}:80`, resolved),
      judgeBlocked(where, metadata, outside),
      judgeBlocked(where, `${api} (API server)`, control),
    ]
  },
}

/** Each namespace denies everything by default: a policy for all its pods, both ways, without a rule. */
export function judgeDenials(where: string, namespaces: readonly unknown[], policies: readonly unknown[]): Check[] {
  return everyNamespace(where, 'the policies', 'all denied by default', namespaces, policies, (own) => {
    const denies = own.some((policy) => {
      const spec = field(policy, 'spec')
      const all = Object.keys((field(spec, 'podSelector') as object | undefined) ?? {}).length === 0
      const both = ['Ingress', 'Egress'].every((way) => list(spec, 'policyTypes').includes(way))
      return all && both && list(spec, 'ingress').length === 0 && list(spec, 'egress').length === 0
    })
    return denies ? undefined : `${own.length} policies, none denies everything`
  })
}

const everywhere = namespaceProbe({
  id: 'network-policies-everywhere',
  title: 'every namespace denies what no policy of its own allows',
  control: 'network-policies',
  path: '/apis/networking.k8s.io/v1/networkpolicies',
  judge: judgeDenials,
})

export const networkProbes: readonly Probe[] = [deny, everywhere]
