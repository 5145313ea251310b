// What verify creates and removes, against an API server that a test plays.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import type { Ask } from '../../../scripts/verify/env.ts'
import type { Answer } from '../../../scripts/verify/judge.ts'
import { compliantPod, describePod } from '../../../scripts/verify/pods.ts'
import {
  countObjects,
  createAccount,
  createObject,
  deleteObject,
  requestToken,
  sandboxProblem,
  sweep,
} from '../../../scripts/verify/sandbox.ts'
import { fakeEnv } from './fakes.ts'

function server(reply: (ask: Ask) => [number, unknown]) {
  const asked: Ask[] = []
  const env = fakeEnv({
    ask: async (ask): Promise<Answer> => {
      asked.push(ask)
      const [status, body] = reply(ask)
      return { status, headers: {}, body: JSON.stringify(body) }
    },
  })
  return { env, asked }
}

test('everything is created in our namespace, as the verifier, named for the run and labelled', async () => {
  const { env, asked } = server((ask) => [201, { metadata: (ask.body as { metadata: unknown }).metadata }])
  assert.equal(await createAccount(env, 'x'), 'x-run1')
  const [ask] = asked
  assert.equal(ask?.url, 'https://10.77.0.11:6443/api/v1/namespaces/redoubt-verify/serviceaccounts')
  assert.equal(ask?.as, env.verifier)
  assert.deepEqual((ask?.body as { metadata?: unknown } | undefined)?.metadata, {
    name: 'x-run1',
    labels: { 'app.kubernetes.io/managed-by': 'redoubt-verify' },
  })
})

test('what is refused is thrown with the answer', async () => {
  const { env } = server(() => [403, { kind: 'Status', message: 'no' }])
  await assert.rejects(createObject(env, 'pods', {}), /pods could not be created in redoubt-verify: 403 no/)
  await assert.rejects(deleteObject(env, 'pods', 'a'), /could not be deleted: 403 no/)
  await assert.rejects(requestToken(env, 'a', {}), /no token was issued: 403 no/)
  await deleteObject(server(() => [404, {}]).env, 'pods', 'a')
})

const problems: [number, unknown, RegExp | undefined][] = [
  [200, { status: { phase: 'Active' } }, undefined],
  [200, { status: { phase: 'Terminating' } }, /is Terminating/],
  [404, {}, /run `redoubt apply`/],
  [403, { kind: 'Status', message: 'no' }, /may not use namespace/],
]
test('why the namespace cannot be used', async () => {
  for (const [status, body, expected] of problems) {
    const problem = await sandboxProblem(server(() => [status, body]).env)
    if (expected) assert.match(problem ?? '', expected)
    else assert.equal(problem, undefined)
  }
})

test('sweeping deletes by our label only, pods first, and says what stayed', async () => {
  const { env, asked } = server(({ url }) => (url.includes('/secrets?') ? [500, {}] : [200, {}]))
  const left = await sweep(env)
  assert.deepEqual(left, ['secrets: 500 (2 bytes)'])
  assert.deepEqual(
    asked.map(({ url }) => new URL(url).pathname.split('/').at(-1)),
    ['pods', 'services', 'secrets', 'serviceaccounts', 'events', 'rolebindings', 'roles'],
  )
  for (const { url, method } of asked) {
    assert.equal(method, 'DELETE')
    assert.equal(new URL(url).searchParams.get('labelSelector'), 'app.kubernetes.io/managed-by=redoubt-verify')
  }
  assert.equal(await countObjects(server(() => [200, { items: [{}, {}] }]).env), 14)
  assert.equal(await countObjects(server(() => [403, {}]).env), undefined)
})

test('the test pod is the lock’s image by digest, and not root', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const lock = { components: { agnhost: { image: { name: 'redoubt.dev/agnhost:v1', digest, size: 1 } } } }
  const pod = compliantPod({ lock: lock as never, run: 'run1' }, 'x', 'account')
  assert.equal(pod.spec.containers[0]?.image, `redoubt.dev/agnhost@${digest}`)
  assert.equal((pod.spec.securityContext as { runAsNonRoot: boolean }).runAsNonRoot, true)
})

test('why a pod is not ready', () => {
  assert.equal(describePod(undefined), 'no status')
  assert.equal(describePod({ status: { phase: 'Running' } }), 'Running')
  const waiting = { reason: 'ErrImageNeverPull', message: 'not present' }
  const status = { phase: 'Pending', containerStatuses: [{ state: { waiting } }] }
  assert.equal(describePod({ status }), 'Pending (ErrImageNeverPull not present)')
  const conditions = [{ type: 'PodScheduled', reason: 'Unschedulable', message: 'no nodes' }]
  assert.equal(describePod({ status: { conditions } }), 'unschedulable: no nodes')
})

test.run()
