// The judges of cluster objects: answers of good and of sabotaged clusters.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import type { Answer } from '../../../scripts/verify/judge.ts'
import type { Check } from '../../../scripts/verify/probe.ts'
import { judgeInjected, judgeLimits, judgeQuotas } from '../../../scripts/verify/probes/objects/bounds.ts'
import { judgeAccounts, judgeToken } from '../../../scripts/verify/probes/objects/default-token.ts'
import { judgeBlocked, judgeDenials, judgeResolved } from '../../../scripts/verify/probes/objects/network.ts'
import { judgeGrants, judgeRight } from '../../../scripts/verify/probes/objects/personas.ts'
import { judgeMasters } from '../../../scripts/verify/probes/objects/policies.ts'

const answer = (status: number, body: unknown): Answer => ({ status, headers: {}, body: JSON.stringify(body) })
const silence: Answer = { status: 0, error: 'ECONNREFUSED' }
const named = (name: string, namespace?: string, rest: object = {}) => ({
  metadata: { name, ...(namespace ? { namespace } : {}) },
  ...rest,
})
const spaces = [named('kube-system'), named('team-a'), named('by-hand')]
const verdicts = (checks: readonly Check[]) => checks.map(({ verdict }) => verdict).join(' ')

const limits = { default: { memory: '256Mi' }, defaultRequest: { memory: '64Mi' }, max: {} }
const pod = (limit: string | undefined, request: string | undefined) => ({
  spec: { containers: [{ resources: { limits: { memory: limit }, requests: { memory: request } } }] },
})
const injected: [string, Answer, string][] = [
  ['given bounds', answer(201, pod('256Mi', '64Mi')), 'pass'],
  ['given none', answer(201, pod(undefined, undefined)), 'fail'],
  ['given others', answer(201, pod('1Gi', '64Mi')), 'fail'],
  ['refused', answer(403, {}), 'fail'],
  ['busy', answer(503, {}), 'unknown'],
  ['silent', silence, 'unknown'],
]
for (const [name, given, verdict] of injected)
  test(`a container is ${name}: ${verdict}`, () => assert.equal(judgeInjected('x', given, limits).verdict, verdict))

test('a namespace made by hand has no quota: fails; the system’s needs none', () => {
  const quota = (namespace: string, hard: object) => named('q', namespace, { spec: { hard } })
  assert.equal(verdicts(judgeQuotas('x', spaces, [quota('team-a', { pods: '5' })])), 'pass fail')
  assert.equal(verdicts(judgeQuotas('x', spaces, [quota('team-a', { services: '5' })])), 'fail fail')
  const some = named('q', 'team-a', { spec: { hard: { pods: '5' }, scopes: ['Terminating'] } })
  assert.equal(verdicts(judgeQuotas('x', spaces, [some])), 'fail fail')
  const leaving = [{ ...named('gone'), status: { phase: 'Terminating' } }]
  assert.equal(verdicts(judgeQuotas('x', leaving, [])), '')
})

test('limits must bound the memory of containers', () => {
  const range = (type: string, namespace: string) =>
    named('l', namespace, { spec: { limits: [{ type, default: { memory: '1Gi' }, max: { memory: '1Gi' } }] } })
  const both = [range('Container', 'team-a'), range('Pod', 'by-hand')]
  assert.equal(verdicts(judgeLimits('x', spaces, both)), 'pass fail')
})

test('a policy for some pods, one way, or with a rule is no denial', () => {
  const denial = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }
  const judge = (spec: object) => verdicts(judgeDenials('x', [named('a')], [named('p', 'a', { spec })]))
  assert.equal(judge(denial), 'pass')
  assert.equal(judge({ ...denial, podSelector: { matchLabels: { a: 'b' } } }), 'fail')
  assert.equal(judge({ ...denial, policyTypes: ['Ingress'] }), 'fail')
  assert.equal(judge({ ...denial, egress: [{}] }), 'fail')
})

test('blocked is no answer; that we could not ask says nothing', () => {
  const blocked = (error: string, asked = true) => judgeBlocked('p', 'h', { error, asked }).verdict
  assert.equal(blocked('Get "http://h": dial tcp: i/o timeout'), 'pass')
  assert.equal(blocked('dial tcp: connect: connection refused'), 'fail')
  assert.equal(blocked('malformed HTTP response'), 'fail')
  assert.equal(judgeBlocked('p', 'h', { reached: 'pod' }).verdict, 'fail')
  assert.equal(blocked('the API server did not answer: timeout', false), 'unknown')
  const resolved = (error: string) => judgeResolved('p', 'h', { error, asked: true }).verdict
  assert.equal(resolved('dial tcp 10.96.3.4:80: i/o timeout'), 'pass')
  assert.equal(resolved('dial tcp: lookup h on 10.96.0.10:53: i/o timeout'), 'fail')
  assert.equal(judgeResolved('p', 'h', { error: 'x', asked: false }).verdict, 'unknown')
})

test('a token is seen where it is mounted', () => {
  const mounted = { spec: { volumes: [{ projected: { sources: [{ serviceAccountToken: {} }] } }] } }
  assert.equal(judgeToken('x', 's', answer(201, mounted), false).verdict, 'fail')
  assert.equal(judgeToken('x', 's', answer(201, mounted), true).verdict, 'pass')
  assert.equal(judgeToken('x', 's', answer(201, { spec: {} }), true).verdict, 'fail')
  assert.equal(judgeToken('x', 's', silence, false).verdict, 'unknown')
  const accounts = [
    named('default', 'team-a', { automountServiceAccountToken: false }),
    named('default', 'by-hand'),
    named('other', 'kube-system'),
  ]
  assert.equal(verdicts(judgeAccounts('x', spaces, accounts)), 'unknown pass fail')
  assert.equal(verdicts(judgeAccounts('x', spaces, [])), 'unknown unknown unknown')
})

const role = (kind: string, name: string) => ({ roleRef: { kind, name } })
const subjects = (...names: string[]) => ({ subjects: names.map((name) => ({ kind: 'Group', name })) })
const admin = role('ClusterRole', 'cluster-admin')
const upstream = named('cluster-admin', undefined, { ...admin, ...subjects('system:masters') })
const bindings: [string, object[], string][] = [
  [
    'upstream’s and ours',
    [upstream, named('a', undefined, { ...admin, ...subjects('kubeadm:cluster-admins') })],
    'pass',
  ],
  ['another cluster-admin', [upstream, named('b', undefined, { ...admin, ...subjects('eve') })], 'fail'],
  ['cluster-admin in a namespace', [named('cluster-admin', 'a', { ...admin, ...subjects('system:masters') })], 'fail'],
  ['masters in a small role', [named('c', 'a', { ...role('Role', 'x'), ...subjects('system:masters') })], 'fail'],
  ['no bindings', [], 'unknown'],
]
for (const [name, given, verdict] of bindings)
  test(`administrators: ${name}: ${verdict}`, () => assert.equal(verdicts(judgeMasters('x', given)), verdict))

test('access reviews: what is not said is unknown', () => {
  const review = (allowed: unknown) => answer(201, { status: { allowed } })
  assert.equal(judgeRight('x', 's', review(true), true).verdict, 'pass')
  assert.equal(judgeRight('x', 's', review(true), false).verdict, 'fail')
  assert.equal(judgeRight('x', 's', review(false), true).verdict, 'fail')
  assert.equal(judgeRight('x', 's', review(undefined), false).verdict, 'unknown')
  assert.equal(judgeRight('x', 's', silence, false).verdict, 'unknown')
})

const viewer = role('ClusterRole', 'redoubt:viewer')
const grant = (...names: string[]) => named('redoubt:grant:viewer', undefined, { ...viewer, ...subjects(...names) })
const granted: [string, object[], string][] = [
  ['as rendered', [grant('a', 'b')], 'pass pass'],
  ['not yet', [], 'pass pass'],
  ['as far as it was verified', [grant('a')], 'pass pass'],
  ['to a stranger too', [grant('a', 'b', 'eve')], 'pass fail'],
  ['by another name', [named('sneaky', undefined, { ...viewer, ...subjects('eve') })], 'fail pass'],
  ['another role', [named('redoubt:grant:viewer', undefined, { ...admin, ...subjects('a') })], 'pass fail'],
  ['in a system namespace', [named('s', 'kube-system', { ...viewer, ...subjects('eve') })], 'fail pass'],
  ['in a namespace, by its operator', [named('mine', 'team-a', { ...viewer, ...subjects('c') })], 'pass pass'],
]
for (const [name, live, expected] of granted)
  test(`a persona is bound ${name}: ${expected}`, () =>
    assert.equal(verdicts(judgeGrants('x', live, [grant('a', 'b')])), expected))

test.run()
