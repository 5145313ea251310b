import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import type { KubeObject } from '../../../cluster/objects.ts'
import type { Api } from '../../../scripts/api.ts'
import { perform, summary } from '../../../scripts/apply/perform.ts'
import { objects } from '../../../scripts/apply/phases/objects.ts'
import { objectChanges } from '../../../scripts/apply/plan/compare-object.ts'
import { inventoryOf, readInventory } from '../../../scripts/apply/plan/inventory.ts'
import type { Action, Apply, Phase } from '../../../scripts/apply/run.ts'

const live: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'a',
    namespace: 'kube-system',
    labels: { app: 'x' },
    uid: '1',
    resourceVersion: '5',
    generation: 1,
    managedFields: [{ manager: 'redoubt' }],
  } as KubeObject['metadata'],
  data: { one: '1', list: ['a', 'b'] },
  status: { ready: 1 },
}
const changed = (change: (copy: KubeObject & { data: object }) => void): KubeObject => {
  const copy = structuredClone(live) as KubeObject & { data: object }
  change(copy)
  return copy
}

const comparisons: { name: string; would: KubeObject; paths: string[] }[] = [
  { name: 'the same', would: structuredClone(live), paths: [] },
  {
    name: 'what the server keeps for itself',
    would: changed((copy) => {
      Object.assign(copy.metadata, { resourceVersion: '9', generation: 2, managedFields: [] })
      Object.assign(copy, { status: { ready: 0 } })
    }),
    paths: [],
  },
  { name: 'a value', would: changed((copy) => Object.assign(copy.data, { one: '2' })), paths: ['data.one'] },
  {
    name: 'a new key',
    would: changed((copy) => Object.assign(copy.data, { two: '2' })),
    paths: ['data.two'],
  },
  { name: 'a missing label', would: changed((copy) => delete copy.metadata.labels), paths: ['metadata.labels'] },
  {
    name: 'an item of a list',
    would: changed((copy) => Object.assign(copy.data, { list: ['a', 'c'] })),
    paths: ['data.list[1]'],
  },
  {
    name: 'a longer list',
    would: changed((copy) => Object.assign(copy.data, { list: ['a', 'b', 'c'] })),
    paths: ['data.list'],
  },
  {
    name: 'many values',
    would: changed((copy) => Object.assign(copy.data, { a: 1, b: 2, c: 3, d: 4, e: 5 })),
    paths: ['data.a', 'data.b', 'data.c', '2 more'],
  },
]
for (const { name, would, paths } of comparisons)
  test(`compared: ${name}`, () => assert.deepEqual(objectChanges(live, would), paths))

/** An API server that holds `held` and answers a dry run as a real one does. */
function fakeApi(held: Map<string, KubeObject>, calls: string[], ready = true): Api {
  return {
    url: 'https://10.0.0.11:6443',
    request: async () => ({ status: 200, body: {} }),
    get: async <T>(path: string) => held.get(path) as T | undefined,
    apply: async (object, options = {}) => {
      calls.push(`${options.dryRun ? 'dry ' : ''}${object.kind} ${object.metadata.name}`)
      if (!options.dryRun) held.set(path(object.metadata.name), object)
      return { ...held.get(`/api/v1/namespaces/kube-system/configmaps/${object.metadata.name}`), ...object }
    },
    remove: async (where) => void calls.push(`delete ${where.split('/').at(-1)}`),
    notReady: async () => (ready ? undefined : 'connection refused'),
  }
}

function fakeApply(api: Api, given: readonly KubeObject[], dryRun = false, bootstrapped = true): Apply {
  const out = { step: (_: string, work: (report: unknown) => Promise<unknown>) => work({ status() {}, detail() {} }) }
  return {
    context: { signal: new AbortController().signal, out },
    api: { admin: api, superAdmin: api },
    objects: [{ name: 'all', objects: [...given] }],
    nodes: [{ node: { name: 'cp1', role: 'control-plane' }, plan: { seen: { bootstrapped } } }],
    dryRun,
    actions: [],
    unknown: [],
  } as unknown as Apply
}

const configMap = (name: string, value: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'kube-system' },
  data: { value },
})
const path = (name: string) => `/api/v1/namespaces/kube-system/configmaps/${name}`

test('only objects that a dry run of the server would change are applied', async () => {
  const held = new Map([
    [path('same'), configMap('same', '1')],
    [path('other'), configMap('other', '1')],
  ])
  const calls: string[] = []
  const apply = fakeApply(fakeApi(held, calls), [
    configMap('same', '1'),
    configMap('other', '2'),
    configMap('new', '1'),
  ])
  await perform(apply, objects)
  assert.deepEqual(
    apply.actions.map(({ verb, what, why }) => `${verb} ${what}: ${why}`),
    [
      'change ConfigMap kube-system/other: data.value differs',
      'create ConfigMap kube-system/new: missing',
      'create ConfigMap kube-system/redoubt-inventory: missing',
    ],
  )
  assert.deepEqual(
    calls.filter((call) => !call.startsWith('dry')),
    ['ConfigMap redoubt-inventory', 'ConfigMap other', 'ConfigMap new'],
  )
})

const ours = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    managedFields: [{ manager: 'redoubt', operation: 'Apply' }],
  } as KubeObject['metadata'],
})

test('what is no longer rendered is deleted, if we made it, and the inventory follows', async () => {
  const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
  const [same, former, foreign] = ['same', 'former', 'foreign'].map((name) => configMap(name, '1'))
  assert.ok(same && former && foreign)
  const held = new Map([
    [path('same'), same],
    [path('former'), ours(former)],
    [path('foreign'), foreign],
    ['/api/v1/namespaces/shop', ours(namespace)],
    [path('redoubt-inventory'), inventoryOf([same, former, foreign, namespace])],
  ])
  const calls: string[] = []
  const apply = fakeApply(fakeApi(held, calls), [same])
  await perform(apply, objects)
  assert.deepEqual(
    apply.actions.map(({ verb, what }) => `${verb} ${what}`),
    ['change ConfigMap kube-system/redoubt-inventory', 'delete ConfigMap kube-system/former'],
  )
  assert.deepEqual(
    calls.filter((call) => !call.startsWith('dry')),
    ['ConfigMap redoubt-inventory', 'delete former', 'ConfigMap redoubt-inventory'],
  )
  const again = fakeApply(fakeApi(held, calls), [same])
  await perform(again, objects)
  assert.deepEqual(again.actions, [])
})

for (const text of [undefined, 7, '', 'rubbish', 'v1 Unheard of x', '../v1 ConfigMap'])
  test(`an inventory that says ${JSON.stringify(text)} lists nothing`, () => {
    assert.deepEqual(readInventory({ ...configMap('redoubt-inventory', ''), data: { objects: text } }), [])
  })

test('on a control plane that is yet to come every object is missing', async () => {
  const apply = fakeApply(fakeApi(new Map(), [], false), [configMap('a', '1')], true, false)
  await perform(apply, objects)
  assert.deepEqual(
    apply.actions.map((action) => action.verb),
    ['create'],
  )
})

test('a dry run says what it could not look at; a run fails', async () => {
  const dry = fakeApply(fakeApi(new Map(), [], false), [configMap('a', '1')], true)
  await perform(dry, objects)
  assert.deepEqual(dry.actions, [])
  assert.match(dry.unknown[0] ?? '', /cluster objects: .*connection refused/)
  await assert.rejects(
    perform(fakeApply(fakeApi(new Map(), [], false), []), objects),
    /not healthy: connection refused/,
  )
})

const actions: Action[] = [
  { node: 'cp1', verb: 'change', what: '/a', why: '' },
  { node: 'w1', verb: 'import', what: 'x', why: '' },
  { node: 'cp1', verb: 'change', what: '/b', why: '' },
]
for (const dryRun of [true, false])
  test(`perform ${dryRun ? 'notes and does nothing in a dry run' : 'notes and does'}`, async () => {
    let ran = 0
    const phase: Phase = { title: 'x', plan: () => actions, run: async () => void ran++ }
    const apply = fakeApply(fakeApi(new Map(), []), [], dryRun)
    await perform(apply, phase)
    assert.deepEqual(apply.actions, actions)
    assert.equal(ran, dryRun ? 0 : 1)
  })

test('a phase without actions does not run', async () => {
  const phase: Phase = { title: 'x', plan: () => [], run: () => assert.fail('ran') }
  await perform(fakeApply(fakeApi(new Map(), []), []), phase)
})

test('a phase is summed up by node and verb', () => {
  assert.equal(summary(actions), 'cp1: 2 change; w1: 1 import')
})

test.run()
