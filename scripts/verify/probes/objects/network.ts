// Network policies: asked of pods, where something enforces them; where nothing does, render says that they do not apply.
import { field, list } from '../../judge.ts'
import { compliantPod, containerPort, dial, startPod, type TestPod } from '../../pods.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { everyNamespace, namespaceProbe } from './ask.ts'

type Dialled = { reached: string } | { error: string }

/** Nothing came back, and not because we could not ask. */
export function judgeBlocked(from: string, host: string, result: Dialled): Check {
  const sent = `GET http://${host}/hostname`
  const expected = 'no answer'
  if ('reached' in result) return check('fail', from, sent, expected, `reached ${result.reached}`)
  const asked = !result.error.startsWith('the API server did not answer')
  return check(asked ? 'pass' : 'unknown', from, sent, expected, result.error)
}

const deny: Probe = {
  id: 'network-policy',
  title: 'a pod without a policy of its own reaches no other and not the metadata address; an allowed pair works',
  group: 'workloads',
  controls: ['network-policies'],
  needs: ['sandbox', 'two-nodes'],
  budget: 180_000,
  run: async (env) => {
    const { account, pods } = await env.pods()
    const [a, b] = pods as [TestPod, TestPod]
    const stranger = await startPod(env, compliantPod(env, 'stranger', account))
    const target = `${b.address}:${containerPort}`
    const pair = await dial(env, a, b.address, containerPort)
    const good = 'reached' in pair && pair.reached === b.name
    const saw = 'reached' in pair ? pair.reached : pair.error
    return [
      check(good ? 'pass' : 'fail', `pod on ${a.node}`, `GET http://${target}/hostname`, 'the allowed pod', saw),
      judgeBlocked('a pod that no policy names', target, await dial(env, stranger, b.address, containerPort)),
      judgeBlocked(
        `pod on ${a.node}`,
        `${stranger.address}:${containerPort}`,
        await dial(env, a, stranger.address, containerPort),
      ),
      judgeBlocked(`pod on ${a.node}`, '169.254.169.254:80', await dial(env, a, '169.254.169.254', 80)),
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
