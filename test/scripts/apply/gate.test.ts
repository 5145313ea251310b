import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { type KubeObject, objectPath } from '../../../cluster/objects.ts'
import { workspaceAt } from '../../../cluster/workspace.ts'
import { closedGate, dueGroups, flawOf } from '../../../scripts/apply/gate.ts'
import type { Apply } from '../../../scripts/apply/run.ts'
import type { Evidence } from '../../../scripts/verify/evidence.ts'

const probe = (outcome: string) => ({ id: 'anonymous', outcome })
const evidence = (given: object = {}): Evidence =>
  ({
    cluster: 'lab',
    started: '2027-01-15T12:00:00.000Z',
    complete: true,
    inputs: { rendered: 'abc' },
    off: [],
    probes: [probe('pass'), probe('waived'), probe('not-applicable')],
    ...given,
  }) as unknown as Evidence

const cases: [string, object, RegExp | undefined][] = [
  ['whole, of this rendering, all well', {}, undefined],
  ['of another cluster', { cluster: 'other' }, /of cluster other/],
  ['older than the cluster', { started: '2027-01-15T10:59:59.000Z' }, /cluster was not verified yet/],
  ['of no time', { started: 'soon' }, /cluster was not verified yet/],
  ['of some probes', { complete: false }, /only some/],
  ['of another rendering', { inputs: { rendered: 'abd' } }, /not verified yet/],
  ['of a weakened rendering', { off: ['audit-log'] }, /without audit-log/],
  ['with a failure', { probes: [probe('pass'), probe('fail')] }, /did not pass: anonymous/],
  ['with an unknown', { probes: [probe('not-evaluated')] }, /did not pass/],
  ['of nothing', { probes: [] }, /asked nothing/],
]
for (const [name, given, expected] of cases)
  test(`evidence ${name}`, () => {
    const flaw = flawOf(evidence(given), 'lab', 'abc', '2027-01-15T11:00:00Z')
    if (expected) assert.match(flaw ?? '', expected)
    else assert.equal(flaw, undefined)
  })

test('a cluster that does not say when it began grants nothing', () => {
  assert.match(flawOf(evidence(), 'lab', 'abc', undefined) ?? '', /cluster was not verified yet/)
})

test('no evidence at all keeps the gate closed', async () => {
  assert.match((await closedGate(workspaceAt('/nonexistent'), 'lab', '2027-01-15T11:00:00Z')) ?? '', /no run yet/)
})

const binding = (...names: string[]): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'redoubt:grant:viewer' },
  subjects: names.map((name) => ({ kind: 'Group', name })),
})
const config: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' } }

/** What is due when `live` is bound and `wanted` rendered, without evidence. */
async function due(live: KubeObject | undefined, wanted: KubeObject, exists = true) {
  const apply = {
    context: { workspace: workspaceAt('/nonexistent') },
    model: { name: 'lab' },
    api: { admin: { get: async (path: string) => (path === objectPath(wanted) ? live : undefined) } },
    objects: [
      { name: 'policies', objects: [config] },
      { name: 'grants', objects: [wanted] },
    ],
  } as unknown as Apply
  const { groups, waiting } = await dueGroups(apply, exists)
  assert.deepEqual(groups[0]?.objects, [config])
  const [grant] = groups[1]?.objects ?? []
  return {
    bound: grant && (grant.subjects as { name: string }[]).map(({ name }) => name),
    waiting: waiting?.count ?? 0,
  }
}

test('closed: what nobody has yet waits', async () =>
  assert.deepEqual(await due(undefined, binding('a')), { bound: undefined, waiting: 1 }))
test('closed: who enters waits, who has it keeps it', async () =>
  assert.deepEqual(await due(binding('a'), binding('a', 'b')), { bound: ['a'], waiting: 1 }))
test('closed: who leaves loses it at once', async () =>
  assert.deepEqual(await due(binding('a', 'b'), binding('a')), { bound: ['a'], waiting: 0 }))
test('closed: without an API server nothing is asked', async () =>
  assert.deepEqual(await due(binding('a'), binding('a'), false), { bound: undefined, waiting: 1 }))

test('without grants nothing is asked', async () => {
  const objects = [{ name: 'policies', objects: [config] }]
  assert.deepEqual(await dueGroups({ objects } as unknown as Apply, true), { groups: objects })
})

test.run()
