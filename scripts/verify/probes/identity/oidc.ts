// Tokens of the identity provider. Without a test key only a stranger's can be made: then the refusals alone prove nothing, and the
// probes that need both sides have nothing to ask.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { sha256 } from '../../../../lib/hash.ts'
import { parseJson } from '../../../../lib/json.ts'
import type { Provider } from '../../../../templates/controls/oidc.ts'
import type { Env } from '../../env.ts'
import { type Answer, describeAnswer, field, judgeStatus, list } from '../../judge.ts'
import { signToken } from '../../jwt.ts'
import { pause } from '../../patience.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { eventById, judgeEvent } from '../data/audit-events.ts'
import { apiServers } from '../targets.ts'
import { bearer } from './tokens.ts'
import { askWho } from './who.ts'

function providerOf(env: Env): Provider {
  const { oidc } = env.model.spec.authentication
  if (!oidc) throw new Error('the spec names no identity provider')
  return oidc
}

/** A user of the provider as its tokens call him, and as the API server does. */
interface Person {
  name: string
  groups: readonly string[]
}

/** Claims that the API server takes, for a few minutes; `change` spoils some. */
function claimsOf(env: Env, { name, groups }: Person, change: Record<string, unknown> = {}) {
  const { issuer, audiences, username, groups: mapped, amr, maxLifetime } = providerOf(env)
  const iat = Math.floor(env.now().getTime() / 1000) - 10
  return {
    iss: issuer,
    aud: audiences[0],
    sub: name,
    iat,
    exp: iat + Math.min(maxLifetime, 600),
    jti: randomBytes(8).toString('hex'),
    amr: [amr[0]],
    email_verified: true,
    [username.claim]: name,
    [mapped.claim]: groups,
    ...change,
  }
}

/** The API server takes the bearer for this person, under prefixed names and in no other group. */
function judgePerson(where: string, sent: string, answer: Answer, { name, groups }: Person, to: Provider): Check {
  const user = to.username.prefix + name
  const wanted = [...groups.map((group) => to.groups.prefix + group), 'system:authenticated'].sort()
  const expected = `201, user ${user} in ${wanted.join(' ')}`
  if ('error' in answer || answer.status !== 201) return { ...judgeStatus(where, sent, answer, [201]), expected }
  const seen = field(parseJson(answer.body), 'status', 'userInfo')
  const found = list(seen, 'groups').map(String).sort()
  const same = field(seen, 'username') === user && found.join('\n') === wanted.join('\n')
  return check(
    same ? 'pass' : 'fail',
    where,
    sent,
    expected,
    `201, user ${field(seen, 'username')} in ${found.join(' ')}`,
  )
}

const needsKey = {
  group: 'identity',
  controls: ['oidc'],
  budget: 20_000,
  notApplicable: ({ model }: Env) =>
    model.spec.authentication.oidc?.testKey === undefined
      ? 'the spec names no authentication.oidc.testKey: only the provider itself can sign tokens'
      : undefined,
} as const

/** Tokens that must be refused, by what is wrong with them, and the one that is right, on every API server. */
async function tryTokens(env: Env, right: string, wrong: readonly (readonly [string, Record<string, unknown>])[]) {
  const person = { name: `verify-${env.run}`, groups: [] }
  const each = apiServers(env).flatMap(({ where }) => [
    bearer(env, where, env.sign(claimsOf(env, person))).then((answer) => judgeStatus(where, right, answer, [201])),
    ...wrong.map(async ([sent, change]) =>
      judgeStatus(where, sent, await bearer(env, where, env.sign(claimsOf(env, person, change))), [401]),
    ),
  ])
  return Promise.all(each)
}

/** A stranger's token: everything is right but the key. */
function strangersToken(env: Env): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return signToken(privateKey, claimsOf(env, { name: `stranger-${env.run}`, groups: [] }))
}

/** When keys of an issuer were last fetched with this result, in seconds of the API server's clock; 0 when never. */
export function lastFetch(metrics: string, issuer: string, result: 'success' | 'failure'): number {
  const name = 'apiserver_authentication_jwt_authenticator_jwks_fetch_last_timestamp_seconds{'
  const line = metrics
    .split('\n')
    .find(
      (text) => text.startsWith(name) && text.includes(`"sha256:${sha256(issuer)}"`) && text.includes(`"${result}"`),
    )
  return Number(line?.split(' ').at(-1) ?? 0)
}

const issuer: Probe = {
  id: 'oidc-issuer',
  title: 'every API server gets the identity provider’s keys, and refuses a token that a stranger signed',
  group: 'identity',
  controls: ['oidc'],
  needs: ['api'],
  budget: 30_000,
  // A token with an unknown key makes the API server ask for the keys again; 1.34 does not say what came of it.
  notApplicable: ({ model }) =>
    model.minor === '1.34' ? 'Kubernetes 1.34 does not tell whether it got the provider’s keys' : undefined,
  run: async (env) => {
    const url = providerOf(env).issuer
    const each = apiServers(env).map(async ({ where }) => {
      const metrics = () => env.ask({ url: `${where}/metrics`, trust: 'server-ca', as: env.verifier })
      const [sent, expected] = [`the keys of ${url}`, 'fetched when an unknown key comes up']
      const before = await metrics()
      if ('error' in before || before.status !== 200)
        return [check('unknown', where, sent, expected, describeAnswer(before))]
      const since = lastFetch(before.body, url, 'success')
      const refused = judgeStatus(where, 'a stranger’s token', await bearer(env, where, strangersToken(env)), [401])
      for (let tries = 0; tries < 20; tries++) {
        const after = await metrics()
        const text = 'error' in after ? '' : after.body
        const now = lastFetch(text, url, 'success')
        if (now > since) return [refused, check('pass', where, sent, expected, `fetched at ${instant(now)}`)]
        await pause(300)
      }
      return [refused, check('fail', where, sent, expected, since > 0 ? `last fetched at ${instant(since)}` : 'never')]
    })
    return (await Promise.all(each)).flat()
  },
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

const tokens: Probe = {
  ...needsKey,
  id: 'oidc-tokens',
  title: 'a provider’s token that is expired, meant for another service or signed by a stranger is refused',
  needs: ['provider-key'],
  run: async (env) => {
    const now = Math.floor(env.now().getTime() / 1000)
    const strangers = apiServers(env).map(async ({ where }) =>
      judgeStatus(where, 'a token signed by a stranger', await bearer(env, where, strangersToken(env)), [401]),
    )
    return [
      ...(await tryTokens(env, 'a right token', [
        ['an expired token', { iat: now - 900, exp: now - 600 }],
        ['a token for another audience', { aud: `redoubt-verify-${env.run}` }],
        ['a token of another issuer', { iss: `${providerOf(env).issuer}/other` }],
      ])),
      ...(await Promise.all(strangers)),
    ]
  },
}

const secondFactor: Probe = {
  ...needsKey,
  id: 'oidc-second-factor',
  title: 'a provider’s token without a second factor is refused, with one it is accepted',
  needs: ['provider-key'],
  run: (env) =>
    tryTokens(env, 'a token with a second factor', [
      ['a token that does not say how the user was recognised', { amr: undefined }],
      ['a token by password alone', { amr: ['pwd'] }],
    ]),
}

const lifetime: Probe = {
  ...needsKey,
  id: 'oidc-lifetime',
  title: 'a provider’s token that lives too long, or does not say since when, is refused',
  needs: ['provider-key'],
  run: (env) => {
    const { maxLifetime } = providerOf(env)
    const now = Math.floor(env.now().getTime() / 1000)
    return tryTokens(env, 'a token of a few minutes', [
      [`a token of ${maxLifetime + 600} s`, { iat: now, exp: now + maxLifetime + 600 }],
      ['a token without iat', { iat: undefined }],
    ])
  },
}

const names: Probe = {
  ...needsKey,
  id: 'oidc-names',
  title: 'whom the provider calls system:masters is nobody here: its names have a prefix',
  needs: ['provider-key'],
  run: async (env) => {
    const people: Person[] = [
      { name: `verify-${env.run}`, groups: ['team'] },
      { name: `system:admin-${env.run}`, groups: ['system:masters', 'kubeadm:cluster-admins'] },
    ]
    const each = apiServers(env).flatMap(({ where }) =>
      people.map(async (person) => {
        const sent = `a token of ${person.name} in ${person.groups.join(' ')}`
        return judgePerson(
          where,
          sent,
          await bearer(env, where, env.sign(claimsOf(env, person))),
          person,
          providerOf(env),
        )
      }),
    )
    return Promise.all(each)
  },
}

const twoMethods: Probe = {
  ...needsKey,
  id: 'two-methods',
  title: 'a certificate and a provider’s token are both accepted, and the audit log tells them apart',
  needs: ['provider-key', 'issue', 'nodes'],
  budget: 30_000,
  run: async (env) => {
    const each = apiServers(env).map(async ({ where, node }) => {
      const [byCertificate, byToken] = [`redoubt:verify:${env.run}`, `verify-two-${env.run}`]
      const answers = [
        [byCertificate, await askWho(env, where, await env.issue({ user: byCertificate }))],
        [
          providerOf(env).username.prefix + byToken,
          await bearer(env, where, env.sign(claimsOf(env, { name: byToken, groups: [] }))),
        ],
      ] as const
      return Promise.all(
        answers.map(async ([user, answer]) => {
          const accepted = judgeStatus(where, `a request as ${user}`, answer, [201])
          if (accepted.verdict !== 'pass') return [accepted]
          return [accepted, judgeEvent(`node ${node}`, user, await eventById(env, node, answer))]
        }),
      )
    })
    return (await Promise.all(each)).flat(2)
  },
}

export const oidcProbes: readonly Probe[] = [issuer, tokens, secondFactor, lifetime, names, twoMethods]
