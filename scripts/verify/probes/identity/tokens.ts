// Bearer tokens. All are made for a service account of our own namespace that nothing is bound to.
import { createSign, generateKeyPairSync } from 'node:crypto'
import { addSecret } from '../../../../lib/redact.ts'
import { foreignAudience } from '../../../../templates/controls/authentication.ts'
import type { Env } from '../../env.ts'
import { type Answer, judgeStatus } from '../../judge.ts'
import { decode, encode } from '../../jwt.ts'
import { within } from '../../patience.ts'
import { type Check, check, type Probe } from '../../probe.ts'
import { createAccount, deleteObject, requestToken } from '../../sandbox.ts'
import { apiServers } from '../targets.ts'
import { askWho, judgeWho } from './who.ts'

/** `eyJ...` with its claims changed and its signature kept. Throws when it is no JWT. */
export function tamper(token: string): string {
  const [head = '', body = '', signature = ''] = token.split('.')
  const claims = { ...decode(body), sub: 'system:serviceaccount:kube-system:generic-garbage-collector' }
  return `${head}.${encode(claims)}.${signature}`
}

/** The claims of a token, signed (RS256) by a key that the API server has never seen. */
export function forge(token: string): string {
  const [head = '', body = ''] = token.split('.')
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const text = `${encode({ ...decode(head), alg: 'RS256' })}.${body}`
  return `${text}.${createSign('sha256').update(text).sign(privateKey, 'base64url')}`
}

/** The token without a signature, its header saying that none is needed. */
export function unsign(token: string): string {
  const [head = '', body = ''] = token.split('.')
  return `${encode({ ...decode(head), alg: 'none' })}.${body}.`
}

/** A token's claims, unverified. Throws when it is no JWT. */
export function claims(token: string): Record<string, unknown> {
  return decode(token.split('.')[1] ?? '')
}

/** Who the API server takes the bearer of a token for. */
export function bearer(env: Env, where: string, token: string): Promise<Answer> {
  addSecret(token)
  return askWho(env, where, undefined, { authorization: `Bearer ${token}` })
}

const forged: Probe = {
  id: 'token-forged',
  title: 'a tampered, foreign-signed or unsigned token is refused, the intact one accepted',
  group: 'identity',
  controls: ['token-authentication'],
  needs: ['sandbox'],
  budget: 20_000,
  run: async (env) => {
    const account = await createAccount(env, 'forged')
    const token = await requestToken(env, account, {})
    const bad = [
      ['a token with changed claims', tamper(token)],
      ['a token signed by a stranger', forge(token)],
      ['a token with alg none', unsign(token)],
    ] as const
    const each = apiServers(env).map(async ({ where }) => [
      judgeWho(
        where,
        'the intact token',
        await bearer(env, where, token),
        `system:serviceaccount:${env.namespace}:${account}`,
        [],
      ),
      ...(await Promise.all(
        bad.map(async ([name, text]) => judgeStatus(where, name, await bearer(env, where, text), [401])),
      )),
    ])
    return (await Promise.all(each)).flat()
  },
}

const audience: Probe = {
  id: 'token-audience',
  title: 'a token made for another service is refused',
  group: 'identity',
  controls: ['token-authentication'],
  needs: ['sandbox'],
  budget: 20_000,
  run: async (env) => {
    const account = await createAccount(env, 'audience')
    const token = await requestToken(env, account, { audiences: [foreignAudience] })
    const other = await requestToken(env, account, { audiences: [`redoubt-verify-${env.run}`] })
    const each = apiServers(env).map(async ({ where }) => [
      judgeStatus(where, `a token for the audience ${foreignAudience}`, await bearer(env, where, token), [401]),
      judgeStatus(where, 'a token for an audience nobody knows', await bearer(env, where, other), [401]),
    ])
    return (await Promise.all(each)).flat()
  },
}

/**
 * Milliseconds until a token must have died with its account: the API server asks its own watch cache for the account
 * first (K pkg/controller/serviceaccount/tokengetter.go), and takes a token that it took for another 10 s.
 */
const patience = 15_000

const revoked: Probe = {
  id: 'token-revoked',
  title: 'a token dies with its service account',
  group: 'identity',
  controls: ['token-authentication'],
  needs: ['sandbox'],
  budget: 35_000,
  run: async (env) => {
    const account = await createAccount(env, 'revoked')
    // Two tokens: the API server remembers for 10 s that it took the first one.
    const [before, after] = [await requestToken(env, account, {}), await requestToken(env, account, {})]
    const user = `system:serviceaccount:${env.namespace}:${account}`
    const { url } = env.model.endpoint
    const alive = judgeWho(url, 'a token while its account exists', await bearer(env, url, before), user, [])
    await deleteObject(env, 'serviceaccounts', account)
    const sent = `a token whose account was deleted, asked for up to ${patience / 1000} s`
    return [
      alive,
      await within(env, patience, async () => judgeStatus(url, sent, await bearer(env, url, after), [401])),
    ]
  },
}

/** Seconds that a token claims to be good for, against what was asked. */
export function judgeLifetime(where: string, token: string, asked: number): Check {
  const { exp, iat } = claims(token)
  const life = Number(exp) - Number(iat)
  const sent = `a token for ${asked} s, bound to a pod`
  return check(life > 0 && life <= asked ? 'pass' : 'fail', where, sent, `at most ${asked} s`, `${life} s`)
}

/** The lifetime that marks a kubelet's request for a pod (K pkg/serviceaccount: WarnOnlyBoundTokenExpirationSeconds). */
const projectedSeconds = 3607

const lifetime: Probe = {
  id: 'token-lifetime',
  title: 'tokens of pods live an hour, not a year',
  group: 'identity',
  controls: ['token-authentication'],
  needs: ['sandbox'],
  budget: 120_000,
  run: async (env) => {
    const { account, pods } = await env.pods()
    return Promise.all(
      pods.map(async ({ name, uid }) => {
        const token = await requestToken(env, account, { expirationSeconds: projectedSeconds, pod: { name, uid } })
        return judgeLifetime(env.model.endpoint.url, token, projectedSeconds)
      }),
    )
  },
}

export const tokenProbes: readonly Probe[] = [forged, audience, revoked, lifetime]
