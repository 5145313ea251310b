import * as assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { type KubeObject, objectPath } from '../../../cluster/objects.ts'
import { workspaceAt } from '../../../cluster/workspace.ts'
import { closedGate, dueGroups, flawOf } from '../../../scripts/apply/gate.ts'
import type { Apply } from '../../../scripts/apply/run.ts'
import { withEvidenceFolder } from '../../../scripts/evidence/write.ts'
import { type Evidence, folderDigest } from '../../../scripts/verify/evidence.ts'
import { sample } from '../evidence/sample.ts'
import { fakeResult } from '../verify/fakes.ts'

const probe = (outcome: string) => ({ id: 'anonymous', outcome })
const evidence = (given: object = {}): Evidence =>
  ({
    cluster: 'lab',
    started: '2027-01-15T12:00:00.000Z',
    finished: '2027-01-15T12:01:00.000Z',
    complete: true,
    inputs: { rendered: 'abc' },
    off: [],
    forced: [],
    probes: [probe('pass'), probe('waived'), probe('not-applicable')],
    ...given,
  }) as unknown as Evidence

const against = { cluster: 'lab', rendered: 'abc', born: '2027-01-15T11:00:00Z', now: new Date('2027-01-16T11:59:00Z') }
const cases: [string, object, RegExp | undefined][] = [
  ['whole, of this rendering, all well', {}, undefined],
  ['of another cluster', { cluster: 'other' }, /of cluster other/],
  ['older than the cluster', { started: '2027-01-15T10:59:59.000Z' }, /cluster was not verified yet/],
  ['of no time', { started: 'soon' }, /cluster was not verified yet/],
  ['begun later than now', { started: '2027-01-16T12:00:01Z', finished: '2027-01-16T12:00:02Z' }, /lies in the future/],
  ['ended later than now', { finished: '2027-01-16T11:59:00.001Z' }, /lies in the future/],
  ['ended before it began', { finished: '2027-01-15T11:59:59.999Z' }, /ended before it began/],
  ['that ended at no time', { finished: 'soon' }, /in the future|before it began/],
  ['of yesterday', { started: '2027-01-15T11:58:59.999Z' }, /more than 24 hours old/],
  ['of a day ago to the millisecond', { started: '2027-01-15T11:59:00.000Z' }, undefined],
  [
    'of a rendering that was forced',
    { forced: ['kube-apiserver --x'] },
    /forced past the controls: kube-apiserver --x/,
  ],
  ['that is not complete', { complete: false }, /not complete/],
  ['of another rendering', { inputs: { rendered: 'abd' } }, /not verified yet/],
  ['of a weakened rendering', { off: ['audit-log'] }, /without audit-log/],
  ['with a failure', { probes: [probe('pass'), probe('fail')] }, /did not pass: anonymous/],
  ['with an unknown', { probes: [probe('not-evaluated')] }, /did not pass/],
  ['of nothing', { probes: [] }, /asked nothing/],
]
for (const [name, given, expected] of cases)
  test(`evidence ${name}`, () => {
    const flaw = flawOf(evidence(given), against)
    if (expected) assert.match(flaw ?? '', expected)
    else assert.equal(flaw, undefined)
  })

test('a cluster that does not say when it began grants nothing', () => {
  assert.match(flawOf(evidence(), { ...against, born: undefined }) ?? '', /cluster was not verified yet/)
})

test('no evidence at all keeps the gate closed', async () => {
  assert.match((await closedGate(workspaceAt('/nonexistent'), 'lab', against.born, against.now)) ?? '', /no run yet/)
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
    context: { workspace: workspaceAt('/nonexistent'), now: () => against.now },
    actions: [],
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

/** A workspace with a good run of its rendering, and the gate's answer to an apply that has done `actions`. */
async function opened(actions: Apply['actions']): Promise<Awaited<ReturnType<typeof dueGroups>>['waiting']> {
  const root = mkdtempSync(join(tmpdir(), 'redoubt-gate-'))
  try {
    const workspace = workspaceAt(root)
    const { privateKey: key } = generateKeyPairSync('ed25519')
    for (const folder of [workspace.keys, workspace.rendered]) mkdirSync(folder)
    writeFileSync(join(workspace.keys, 'evidence.key'), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    writeFileSync(join(workspace.rendered, 'a'), 'a')
    const inputs = { spec: '', lock: '', rendered: await folderDigest(workspace.rendered) }
    const run = sample({ off: [], forced: [], probes: [fakeResult('a', 'pass')], inputs })
    await withEvidenceFolder(workspace.evidence, { key, now: () => against.now }, (found) => found.write(run))
    const born = { metadata: { creationTimestamp: against.born } }
    const apply = {
      context: { workspace, now: () => against.now },
      model: { name: 'lab' },
      api: { admin: { get: async (path: string) => (path.endsWith('kube-system') ? born : undefined) } },
      actions,
      objects: [{ name: 'grants', objects: [binding('a')] }],
    } as unknown as Apply
    return (await dueGroups(apply, true)).waiting
  } finally {
    rmSync(root, { recursive: true })
  }
}
const did = (node: string) => ({ node, verb: 'change', what: 'x', why: 'y' })

test('open: good evidence, and nothing was changed but objects of the cluster', async () => {
  assert.equal(await opened([]), undefined)
  assert.equal(await opened([did('cluster')]), undefined)
})
test('closed: this apply changed a node after the evidence was made', async () => {
  const waiting = await opened([did('cluster'), did('cp1'), did('w1'), did('w1')])
  assert.equal(waiting?.count, 1)
  assert.match(waiting?.why ?? '', /this apply changes cp1, w1/)
})

test('without grants nothing is asked', async () => {
  const objects = [{ name: 'policies', objects: [config] }]
  assert.deepEqual(await dueGroups({ objects } as unknown as Apply, true), { groups: objects })
})

test.run()
