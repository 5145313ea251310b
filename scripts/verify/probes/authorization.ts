import type { Env, Identity } from '../env.ts'
import { type Answer, judgeStatus } from '../judge.ts'
import type { Check, Probe } from '../probe.ts'
import { askSandbox } from '../sandbox.ts'
import { apiServers, askEach } from './targets.ts'

function get(env: Env, where: string, path: string, as: Identity): Promise<Answer> {
  return env.ask({ url: where + path, trust: 'server-ca', as })
}

const pair: Probe = {
  id: 'rbac-pair',
  title: 'an ungranted user is denied what a granted one may',
  group: 'authorization',
  controls: ['authorization-rbac'],
  needs: ['api', 'issue'],
  budget: 15_000,
  run: async (env) => {
    const nobody = await env.issue({ user: `redoubt:verify:${env.run}` })
    return askEach(apiServers(env), async ({ where }) => [
      judgeStatus(where, 'GET nodes as the verifier', await get(env, where, '/api/v1/nodes', env.verifier), [200]),
      judgeStatus(where, 'GET nodes as a user without rights', await get(env, where, '/api/v1/nodes', nobody), [403]),
      judgeStatus(
        where,
        'GET all Secrets as a user without rights',
        await get(env, where, '/api/v1/secrets', nobody),
        [403],
      ),
      judgeStatus(
        where,
        'GET all Secrets as the verifier',
        await get(env, where, '/api/v1/secrets', env.verifier),
        [403],
      ),
    ])
  },
}

const unbound: Probe = {
  id: 'rbac-default-accounts',
  title: 'the service account that pods get by default may nothing',
  group: 'authorization',
  controls: ['authorization-rbac'],
  needs: ['api', 'issue'],
  budget: 15_000,
  run: async (env) => {
    // The certificate stands in for a token: RBAC knows user and groups only.
    const groups = ['system:serviceaccounts', 'system:serviceaccounts:default']
    const account = await env.issue({ user: 'system:serviceaccount:default:default', groups })
    return askEach(apiServers(env), ({ where }) =>
      askEach(
        ['/api/v1/namespaces/default/pods', '/api/v1/namespaces/kube-system/secrets', '/api/v1/nodes'],
        async (path) =>
          judgeStatus(where, `GET ${path} as default:default`, await get(env, where, path, account), [403]),
      ),
    )
  },
}

/** Labels a node, as a server-side dry run: nothing is stored. */
function labelNode(env: Env, where: string, node: string, label: string, as: Identity): Promise<Answer> {
  return env.ask({
    url: `${where}/api/v1/nodes/${node}?dryRun=All`,
    trust: 'server-ca',
    as,
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: { [label]: 'redoubt-verify' } } },
  })
}

/** As judgeStatus, but a node that is not registered says nothing of what may be done to it. */
export function judgeLabel(
  where: string,
  sent: string,
  answer: Answer,
  expected: readonly number[],
  text?: string,
): Check {
  const judged = judgeStatus(where, sent, answer, expected, text)
  return answer.status === 404 ? { ...judged, verdict: 'unknown' } : judged
}

const nodeRestriction: Probe = {
  id: 'node-restriction',
  title: 'a kubelet may label its own node, but not with protected labels, and no other node',
  group: 'authorization',
  controls: ['node-restriction'],
  needs: ['issue'],
  budget: 15_000,
  run: async (env) => {
    const own = env.model.nodes.at(-1)?.name ?? ''
    const other = env.model.nodes.find((node) => node.name !== own)?.name
    const kubelet = await env.issue({
      user: `system:node:${own}`,
      groups: ['system:nodes'],
      authority: 'kubelet-client-ca',
    })
    const forbidden = 'is not allowed to modify'
    return askEach(apiServers(env), async ({ where }) => [
      judgeLabel(
        where,
        `label ${own} as its own kubelet (dry run)`,
        await labelNode(env, where, own, 'redoubt.dev/verify', kubelet),
        [200],
      ),
      ...(other === undefined
        ? []
        : [
            judgeLabel(
              where,
              `label ${other} as the kubelet of ${own} (dry run)`,
              await labelNode(env, where, other, 'redoubt.dev/verify', kubelet),
              [403],
              forbidden,
            ),
          ]),
      judgeLabel(
        where,
        `a protected label on ${own} as its own kubelet (dry run)`,
        await labelNode(env, where, own, 'node-restriction.kubernetes.io/verify', kubelet),
        [403],
        forbidden,
      ),
    ])
  },
}

const profiling: Probe = {
  id: 'apiserver-profiling',
  title: 'the API server serves no profiles',
  group: 'authorization',
  controls: ['profiling-off'],
  needs: ['api'],
  budget: 15_000,
  run: (env) =>
    askEach(apiServers(env), async ({ where }) => [
      // The verifier may get both, so that 404 says that the path is not there.
      judgeStatus(where, 'GET /metrics, which we may', await get(env, where, '/metrics', env.verifier), [200]),
      judgeStatus(
        where,
        'GET /debug/pprof/, which we may',
        await get(env, where, '/debug/pprof/', env.verifier),
        [404],
      ),
    ]),
}

const sandboxOnly: Probe = {
  id: 'rbac-namespace',
  title: 'a right in one namespace is no right in another',
  group: 'authorization',
  controls: ['authorization-rbac'],
  needs: ['sandbox'],
  budget: 15_000,
  run: async (env) => {
    const { url } = env.model.endpoint
    const elsewhere = `${url}/api/v1/namespaces/kube-system/secrets`
    return [
      judgeStatus(url, 'list Secrets in our own namespace', await askSandbox(env, 'secrets?limit=1'), [200]),
      judgeStatus(
        url,
        'list Secrets in kube-system',
        await env.ask({ url: elsewhere, trust: 'server-ca', as: env.verifier }),
        [403],
      ),
    ]
  },
}

export const authorizationProbes: readonly Probe[] = [pair, unbound, sandboxOnly, nodeRestriction, profiling]
