// Who is let in. A pair each: what must be refused, and the same question asked rightly.
import { randomBytes } from 'node:crypto'
import { verifierUser } from '../../../../templates/cluster/verifier.ts'
import { staticToken } from '../../../../templates/controls/authentication.ts'
import { judgeStatus, judgeWorthless } from '../../judge.ts'
import type { Probe } from '../../probe.ts'
import { apiServers, askEach } from '../targets.ts'
import { askAccess, askWho, judgeDenied, judgeWho } from './who.ts'

const anonymous: Probe = {
  id: 'anonymous',
  title: 'without credentials only the health endpoints answer',
  group: 'identity',
  controls: ['anonymous-limited'],
  needs: [],
  budget: 15_000,
  run: async (env) => {
    const one = async (where: string, path: string, expected: number[]) =>
      judgeStatus(
        where,
        `GET ${path} without credentials`,
        await env.ask({ url: where + path, trust: 'server-ca' }),
        expected,
      )
    return askEach(apiServers(env), ({ where }) =>
      Promise.all([
        one(where, '/livez', [200]),
        one(where, '/readyz', [200]),
        // RBAC lets anybody read /version: 401 shows that the request did not get as far as RBAC.
        one(where, '/version', [401]),
        one(where, '/api', [401, 403]),
        one(where, '/api/v1/namespaces/kube-system/secrets', [401, 403]),
      ]),
    )
  },
}

const basic: Probe = {
  id: 'basic-auth',
  title: 'HTTP Basic credentials count for nothing',
  group: 'identity',
  controls: ['token-authentication'],
  needs: [],
  budget: 15_000,
  run: async (env) => {
    const headers = { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` }
    return askEach(apiServers(env), async ({ where }) =>
      judgeWorthless(where, 'Authorization: Basic admin:admin', await askWho(env, where, undefined, headers)),
    )
  },
}

const staticTokens: Probe = {
  id: 'static-token',
  title: 'static bearer tokens are refused',
  group: 'identity',
  controls: ['token-authentication'],
  needs: [],
  budget: 15_000,
  run: async (env) => {
    const tokens = [
      ['a static token', staticToken],
      ['a random token', randomBytes(24).toString('hex')],
    ] as const
    return askEach(apiServers(env), ({ where }) =>
      askEach(tokens, async ([name, token]) =>
        judgeStatus(
          where,
          `Bearer ${name}`,
          await askWho(env, where, undefined, { authorization: `Bearer ${token}` }),
          [401],
        ),
      ),
    )
  },
}

const certificates: Probe = {
  id: 'client-certificates',
  title: 'expired client certificates and those of strangers are refused',
  group: 'identity',
  controls: [],
  needs: ['issue'],
  budget: 15_000,
  run: async (env) => {
    const user = `redoubt:verify:${env.run}`
    const [good, expired, foreign] = await Promise.all([
      env.issue({ user }),
      env.issue({ user, flaw: 'expired' }),
      env.issue({ user, flaw: 'foreign' }),
    ])
    return askEach(apiServers(env), async ({ where }) => [
      judgeWho(where, 'a valid client certificate', await askWho(env, where, good), user, ['system:masters']),
      judgeStatus(where, 'an expired client certificate', await askWho(env, where, expired), [401]),
      judgeStatus(
        where,
        'a certificate of a stranger that calls itself our client CA',
        await askWho(env, where, foreign),
        [401],
      ),
    ])
  },
}

const spoofed = {
  'x-remote-user': 'kubernetes-admin',
  'x-remote-group': 'system:masters',
  'x-remote-extra-scopes': 'all',
}

const frontProxy: Probe = {
  id: 'front-proxy-headers',
  title: 'X-Remote-User headers change nobody’s identity',
  group: 'identity',
  controls: [],
  needs: ['issue'],
  budget: 15_000,
  run: async (env) => {
    const user = `redoubt:verify:${env.run}`
    // The name that the front proxy's certificate carries, but from the authority of ordinary users.
    const [nobody, namesake] = await Promise.all([env.issue({ user }), env.issue({ user: 'front-proxy-client' })])
    return askEach(apiServers(env), async ({ where }) => [
      judgeWho(where, 'X-Remote-Group: system:masters as a user', await askWho(env, where, nobody, spoofed), user, [
        'system:masters',
      ]),
      judgeWho(
        where,
        'the same as a user named front-proxy-client',
        await askWho(env, where, namesake, spoofed),
        'front-proxy-client',
        ['system:masters'],
      ),
      judgeWorthless(where, 'the same without credentials', await askWho(env, where, undefined, spoofed)),
    ])
  },
}

const verifier: Probe = {
  id: 'verifier-identity',
  title: 'this verifier is no administrator',
  group: 'identity',
  controls: [],
  needs: ['api'],
  budget: 15_000,
  run: async (env) => {
    const where = env.model.endpoint.url
    const may = async (attributes: Record<string, string>) => {
      const answer = await askAccess(env, env.verifier, attributes)
      return judgeDenied(where, `may we ${attributes.verb} ${attributes.resource}?`, answer)
    }
    return [
      judgeWho(where, 'who are we?', await askWho(env, where, env.verifier), verifierUser, [
        'system:masters',
        'kubeadm:cluster-admins',
      ]),
      await may({ verb: '*', resource: '*', group: '*' }),
      await may({ verb: 'get', resource: 'secrets', namespace: 'kube-system' }),
      await may({ verb: 'create', resource: 'pods', namespace: 'kube-system' }),
      await may({ verb: 'create', resource: 'clusterrolebindings', group: 'rbac.authorization.k8s.io' }),
    ]
  },
}

const proxyNames: Probe = {
  id: 'front-proxy-names',
  title: 'a certificate of the front proxies’ authority speaks for others only under the agreed name',
  group: 'identity',
  controls: ['front-proxy-trust'],
  needs: ['issue'],
  budget: 15_000,
  run: async (env) => {
    const user = `redoubt:verify:${env.run}`
    const [proxy, other] = await Promise.all([
      env.issue({ user: 'front-proxy-client', authority: 'front-proxy-ca' }),
      env.issue({ user: 'another-proxy', authority: 'front-proxy-ca' }),
    ])
    const headers = { 'x-remote-user': user }
    return askEach(apiServers(env), async ({ where }) => [
      judgeWho(where, 'X-Remote-User from front-proxy-client', await askWho(env, where, proxy, headers), user, []),
      judgeWorthless(where, 'the same from another-proxy', await askWho(env, where, other, headers)),
    ])
  },
}

export const identityProbes: readonly Probe[] = [
  anonymous,
  basic,
  staticTokens,
  certificates,
  frontProxy,
  proxyNames,
  verifier,
]
