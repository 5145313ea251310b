import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { specWith } from './fixture.ts'

const parse = (lines: string) => specWith(lines).spec

test('namespaces and access are read, numbers as quantities', () => {
  const spec = parse(`  namespaces:
    - {name: team-a, quota: {pods: 20, requests.memory: 8Gi}, limits: {max: {memory: 2Gi}}}
    - {name: default}
  access:
    - {persona: developer, groups: ["oidc:devs"], namespaces: [team-a]}
    - {persona: platform-admin, groups: [platform]}
`)
  assert.deepEqual(spec.namespaces[0]?.quota, { pods: '20', 'requests.memory': '8Gi' })
  assert.deepEqual(spec.namespaces[0]?.limits.max, { memory: '2Gi' })
  assert.deepEqual(
    spec.access.map(({ persona }) => persona),
    ['developer', 'platform-admin'],
  )
  assert.deepEqual(parse('').namespaces, [])
})

const team = 'namespaces: [{name: team-a}]'
const bad: [string, string, RegExp][] = [
  ['a namespace of the system', 'namespaces: [{name: kube-system}]', /own namespaces/],
  ['our own namespace', 'namespaces: [{name: redoubt-verify}]', /own namespaces/],
  ['a namespace twice', 'namespaces: [{name: a}, {name: a}]', /namespace a stands here twice/],
  ['an odd quantity', 'namespaces: [{name: a, quota: {pods: many}}]', /no quantity/],
  ['a quantity not written shortest', 'namespaces: [{name: a, quota: {requests.cpu: 1000m}}]', /as short as can be/],
  ['1024 of a binary unit', 'namespaces: [{name: a, quota: {requests.memory: 1024Mi}}]', /as short as can be/],
  ['a fraction', 'namespaces: [{name: a, quota: {requests.cpu: 0.5}}]', /no quantity/],
  ['an unknown bound', 'namespaces: [{name: a, limits: {max: {disk: 1Gi}}}]', /unknown field/],
  ['more than any quantity holds', 'namespaces: [{name: a, quota: {limits.memory: 9000000Ti}}]', /no quantity/],
  ['half a pod', 'namespaces: [{name: a, quota: {pods: 500m}}]', /pods is counted: 500m is no whole number/],
  ['half a Deployment', 'namespaces: [{name: a, quota: {count/deployments.apps: 1500m}}]', /no whole number/],
  ['half a GPU', 'namespaces: [{name: a, quota: {requests.nvidia.com/gpu: 1500m}}]', /no whole number/],
  ['a resource that is none', 'namespaces: [{name: a, quota: {gpus: 1}}]', /gpus is no resource of a quota/],
  ['two slashes', 'namespaces: [{name: a, quota: {a/b/c: 1}}]', /no resource of a quota/],
  ['no name behind the slash', 'namespaces: [{name: a, quota: {example.org/: 1}}]', /no resource of a quota/],
  ['a name that ends in a dot', 'namespaces: [{name: a, quota: {example.org/x.: 1}}]', /no resource of a quota/],
  [
    'a max below the default that we give',
    'namespaces: [{name: a, limits: {max: {memory: 128Mi}}}]',
    /memory: default 256Mi is more than max 128Mi/,
  ],
  [
    'a default above the max that we give',
    'namespaces: [{name: a, limits: {default: {cpu: 4001m}}}]',
    /cpu: default 4001m is more than max 4/,
  ],
  [
    'a request above the default',
    'namespaces: [{name: a, limits: {default: {cpu: 20m}}}]',
    /cpu: defaultRequest 50m is more than default 20m/,
  ],
  [
    'a request above the max, without a default',
    'namespaces: [{name: a, limits: {defaultRequest: {ephemeral-storage: 2G}, max: {ephemeral-storage: 1Gi}}}]',
    /ephemeral-storage: defaultRequest 2G is more than max 1Gi/,
  ],
  ['an unknown persona', 'access: [{persona: king, groups: [a]}]', /Invalid|king/],
  ['no group', 'access: [{persona: platform-admin, groups: []}]', /names no group/],
  ['a group of the system', 'access: [{persona: platform-admin, groups: ["system:masters"]}]', /nobody’s wish/],
  ['our own groups', 'access: [{persona: platform-admin, groups: ["redoubt:verifiers"]}]', /nobody’s wish/],
  [
    'namespaces for who acts everywhere',
    `${team}\n  access: [{persona: security-auditor, groups: [a], namespaces: [team-a]}]`,
    /whole cluster/,
  ],
  ['no namespace for who acts in one', 'access: [{persona: viewer, groups: [a]}]', /say in which/],
  ['a namespace that is not there', 'access: [{persona: viewer, groups: [a], namespaces: [b]}]', /no namespace b/],
]
for (const [name, line, message] of bad)
  test(`refused: ${name}`, () =>
    assert.throws(
      () => parse(`  ${line}\n`),
      (error: Error & { where?: string; code?: string }) => {
        assert.match(error.message, message)
        assert.equal(error.code, 'usage')
        assert.match(String(error.where), /^redoubt\.yaml:\d+/)
        return true
      },
    ))

test('what a quota may name, and bounds that touch', () => {
  const [namespace] = parse(`  namespaces:
    - name: team-a
      quota:
        count/deployments.apps: 5
        gold.storageclass.storage.k8s.io/requests.storage: 5Gi
        requests.hugepages-2Mi: 1Gi
        requests.nvidia.com/gpu: 2
        requests.cpu: 1500m
      limits: {default: {memory: 1Gi}, defaultRequest: {memory: 1Gi}, max: {memory: 1Gi, cpu: 1}}
`).namespaces
  assert.equal(Object.keys(namespace?.quota ?? {}).length, 5)
})

test('a bound that is refused is named where the spec says it', () =>
  assert.throws(
    () => parse('  namespaces:\n    - name: a\n      limits:\n        max:\n          memory: 128Mi\n'),
    (error: Error & { where?: string }) => error.where === 'redoubt.yaml:11:11',
  ))

test.run()
