// Recorded answers, of a hardened cluster and of one whose control was off, to the functions that judge them: what servers answer.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { type Answer, describeAnswer, judgeStatus, judgeWorthless } from '../../../scripts/verify/judge.ts'
import type { Check } from '../../../scripts/verify/probe.ts'
import { judgeVersions, madeHere } from '../../../scripts/verify/probes/admission.ts'
import { judgeLabel } from '../../../scripts/verify/probes/authorization.ts'
import { leafOf } from '../../../scripts/verify/probes/data/etcd.ts'
import { claims, forge, judgeLifetime, tamper, unsign } from '../../../scripts/verify/probes/identity/tokens.ts'
import { judgeDenied, judgeWho } from '../../../scripts/verify/probes/identity/who.ts'
import { answer, nothing, status, where } from './answers.ts'

const forbidden = 'pods "x" is forbidden: violates PodSecurity "restricted:v1.36": privileged'
const statuses: [Answer, number[], string | undefined, Check['verdict']][] = [
  [status(401, 'Unauthorized'), [401], undefined, 'pass'],
  [answer(200, { kind: 'NodeList' }), [401], undefined, 'fail'],
  [status(403, forbidden), [403], 'violates PodSecurity', 'pass'],
  // Refused, but for another reason: the control was not seen.
  [status(403, 'pods is forbidden: User "x" cannot create'), [403], 'violates PodSecurity', 'fail'],
  [answer(201, { kind: 'Pod' }), [403], 'violates PodSecurity', 'fail'],
  [status(500, 'etcdserver: request timed out'), [401], undefined, 'unknown'],
  [status(429, 'too many requests'), [401, 403], undefined, 'unknown'],
  [answer(503), [200], undefined, 'unknown'],
  [nothing, [401], undefined, 'unknown'],
]
test('statuses: what a server has not decided is unknown', () => {
  for (const [given, expected, text, verdict] of statuses)
    assert.equal(judgeStatus(where, 'x', given, expected, text).verdict, verdict, describeAnswer(given))
})

test('evidence never shows what was handed out', () => {
  const leaked = answer(200, { kind: 'SecretList', items: [{ data: { password: 'aHVudGVyMg==' } }] })
  assert.equal(describeAnswer(leaked), '200 SecretList')
  assert.equal(describeAnswer(answer(200, `text ${'x'.repeat(50)}`)), '200 (55 bytes)')
  assert.equal(describeAnswer(answer(200, 'ok')), '200 (2 bytes)')
  assert.equal(describeAnswer(answer(200, 'hunter2')), '200 (7 bytes)')
  assert.equal(describeAnswer(answer(200, '"häkchen"')), '200 (10 bytes)')
  assert.equal(describeAnswer(answer(200, '{"kind":"pass word: x"}')), '200 (23 bytes)')
  assert.equal(describeAnswer(status(401, 'Unauthorized')), '401 Unauthorized')
})

const ignored = 'selfsubjectreviews.authentication.k8s.io is forbidden: User "system:anonymous" cannot create resource'
const worthless: [Answer, Check['verdict']][] = [
  [status(401, 'Unauthorized'), 'pass'],
  [status(403, ignored), 'pass'],
  [status(403, 'forbidden: User "admin" cannot create resource'), 'fail'],
  [answer(201, { kind: 'SelfSubjectReview' }), 'fail'],
  [answer(201, { kind: 'SelfSubjectReview', status: { userInfo: { username: 'admin' } } }), 'fail'],
  // Anybody may do anything, but the credentials were ignored.
  [answer(201, { kind: 'SelfSubjectReview', status: { userInfo: { username: 'system:anonymous' } } }), 'pass'],
  [nothing, 'unknown'],
]
test('worthless credentials: 401, or taken for nobody', () => {
  for (const [given, verdict] of worthless)
    assert.equal(judgeWorthless(where, 'x', given).verdict, verdict, describeAnswer(given))
})

const review = (username: string, groups: string[]) =>
  answer(201, { kind: 'SelfSubjectReview', status: { userInfo: { username, groups } } })
test('a review names the expected user and no forbidden group', () => {
  const verdict = (given: Answer) => judgeWho(where, 'x', given, 'nobody', ['system:masters']).verdict
  assert.equal(verdict(review('nobody', ['system:authenticated'])), 'pass')
  assert.equal(verdict(review('kubernetes-admin', ['system:authenticated'])), 'fail')
  assert.equal(verdict(review('nobody', ['system:masters'])), 'fail')
  assert.equal(verdict(status(401, 'Unauthorized')), 'fail')
  assert.equal(verdict(answer(201, 'no JSON')), 'fail')
  assert.equal(verdict(nothing), 'unknown')
})

test('an access review: only a clear no passes', () => {
  const verdict = (given: Answer) => judgeDenied(where, 'x', given).verdict
  assert.equal(verdict(answer(201, { status: { allowed: false } })), 'pass')
  assert.equal(verdict(answer(201, { status: { allowed: true } })), 'fail')
  assert.equal(verdict(answer(201, { status: {} })), 'fail')
  assert.equal(verdict(status(403, 'forbidden')), 'unknown')
  assert.equal(verdict(nothing), 'unknown')
})

test('a label on another node: refused by NodeRestriction, allowed, or no such node', () => {
  const verdict = (given: Answer) => judgeLabel(where, 'x', given, [403], 'is not allowed to modify').verdict
  assert.equal(verdict(status(403, 'node "w1" is not allowed to modify node "cp1"')), 'pass')
  assert.equal(verdict(status(403, 'nodes "cp1" is forbidden')), 'fail')
  assert.equal(verdict(answer(200, { kind: 'Node' })), 'fail')
  assert.equal(verdict(status(404, 'nodes "cp1" not found')), 'unknown')
})

test('tokens: changed, forged and unsigned ones keep their form', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${encode({ alg: 'ES256', kid: 'k' })}.${encode({ sub: 'a', iat: 1000, exp: 1600 })}.c2ln`
  assert.equal(claims(token).sub, 'a')
  assert.notEqual(claims(tamper(token)).sub, 'a')
  assert.equal(tamper(token).split('.')[2], 'c2ln')
  assert.deepEqual(claims(forge(token)), claims(token))
  assert.notEqual(forge(token).split('.')[2], 'c2ln')
  assert.match(unsign(token), /^[^.]+\.[^.]+\.$/)
  assert.equal(judgeLifetime(where, token, 600).verdict, 'pass')
  assert.equal(judgeLifetime(where, token, 599).verdict, 'fail')
  const year = `e30.${encode({ iat: 0, exp: 31536000 })}.x`
  assert.equal(judgeLifetime(where, year, 3607).verdict, 'fail')
  assert.equal(judgeLifetime(where, `e30.${encode({})}.x`, 3607).verdict, 'fail')
})

test('the leaf of a chain', () => {
  const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
  assert.equal(leafOf(pem('a') + pem('b')), pem('a'))
})

const service = (group: string, version: string, managed: string, server: object | null = null) => ({
  metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': managed } },
  spec: { group, version, service: server },
})
const made = madeHere([
  service('resource.k8s.io', 'v1alpha3', 'onstart'),
  service('monitoring.coreos.com', 'v1alpha1', 'true'),
  service('metrics.example.org', 'v1alpha1', '', { name: 'metrics', namespace: 'kube-system' }),
])

test('versions of APIs: one called alpha fails, a list without any tells nothing', () => {
  const verdict = (...versions: string[]) =>
    judgeVersions(
      where,
      answer(200, { groups: [{ versions: versions.map((groupVersion) => ({ groupVersion })) }] }),
      made,
    ).verdict
  assert.equal(verdict('apps/v1', 'autoscaling/v2beta2', 'example.org/v10'), 'pass')
  assert.equal(verdict('apps/v1', 'resource.k8s.io/v1alpha3'), 'fail')
  assert.equal(verdict('monitoring.coreos.com/v1alpha1', 'metrics.example.org/v1alpha1'), 'pass')
  assert.equal(verdict('monitoring.coreos.com/v1alpha1', 'monitoring.coreos.com/v1alpha2'), 'fail')
  assert.equal(verdict(), 'unknown')
  assert.equal(judgeVersions(where, answer(403), made).verdict, 'unknown')
  assert.equal(judgeVersions(where, nothing, made).verdict, 'unknown')
})

test.run()
