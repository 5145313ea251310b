// Namespaces, what bounds them, and personas: the objects of the cluster that are for those who share it.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import type { KubeObject } from '../../cluster/objects.ts'
import { personas } from '../../cluster/spec-access.ts'
import { grants } from '../../templates/controls/objects/persona-roles.ts'
import { personaRules } from '../../templates/controls/objects/personas.ts'
import { renderCluster } from '../../templates/render.ts'
import { inputOf } from './fixture.ts'

const nodes = ['cp1 control-plane', 'w1 worker']
const extra = `  namespaces:
    - {name: team-a, quota: {pods: 20}, limits: {max: {memory: 2Gi}}}
  access:
    - {persona: developer, groups: [devs], namespaces: [team-a]}
    - {persona: developer, groups: [more, devs], namespaces: [team-a]}
    - {persona: platform-admin, groups: [platform]}`

async function rendered(spec = extra, provider = 'routes') {
  const input = await inputOf(nodes, { extra: spec })
  Object.assign(input.model.network, { provider })
  return renderCluster(input)
}
function find(objects: { objects: KubeObject[] }[], kind: string, namespace: string): KubeObject[] {
  return objects
    .flatMap((group) => group.objects)
    .filter((object) => object.kind === kind && object.metadata.namespace === namespace)
}

function hardOf(quota: KubeObject | undefined): Record<string, string> {
  return (quota?.spec as { hard: Record<string, string> } | undefined)?.hard ?? {}
}

test('a namespace of the spec has the defaults and what it says, and the restricted standard by label', async () => {
  const { objects } = await rendered()
  const [quota] = find(objects, 'ResourceQuota', 'team-a')
  const hard = hardOf(quota)
  assert.equal(hard.pods, '20')
  assert.equal(hard['services.nodeports'], '0')
  const [range] = find(objects, 'LimitRange', 'team-a')
  assert.deepEqual((range?.spec as { limits: { max: object }[] } | undefined)?.limits[0]?.max, {
    cpu: '4',
    memory: '2Gi',
  })
  const namespace = objects
    .flatMap((group) => group.objects)
    .find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === 'team-a')
  assert.equal(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce'], 'restricted')
  assert.equal(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce-version'], 'v1.36')
})

test('a weaker standard is named with its reason, enforced, and still audited', async () => {
  const of = (level: string) =>
    `  namespaces: [{name: storage, podSecurity: {level: ${level}, reason: helpers write to disks of nodes}}]`
  const namespace = (await rendered(of('privileged'))).objects
    .flatMap((group) => group.objects)
    .find(({ metadata }) => metadata.name === 'storage')
  const labels = namespace?.metadata.labels ?? {}
  assert.deepEqual(
    ['enforce', 'warn', 'audit'].map((mode) => labels[`pod-security.kubernetes.io/${mode}`]),
    ['privileged', 'privileged', 'restricted'],
  )
  assert.equal(namespace?.metadata.annotations?.['redoubt.dev/pod-security'], 'helpers write to disks of nodes')
  await assert.rejects(rendered(of('none')), { message: /expected baseline or privileged/ })
  const silent = '  namespaces: [{name: storage, podSecurity: {level: privileged, reason: so}}]'
  await assert.rejects(rendered(silent), { message: /say why/ })
})

test('namespaces come before what stands in them', async () => {
  const names = (await rendered()).objects.map((group) => group.name)
  assert.ok(names.indexOf('namespaces') < names.indexOf('policies'))
})

test('the default namespace takes no pods, unless the spec names it', async () => {
  const podsOf = async (spec: string) => {
    const [quota] = find((await rendered(spec)).objects, 'ResourceQuota', 'default')
    return hardOf(quota).pods
  }
  assert.equal(await podsOf(''), '0')
  assert.equal(await podsOf('  namespaces: [{name: default}]'), '50')
})

test('network policies: left out and said why where nothing enforces them, else in every bounded namespace', async () => {
  const routes = await rendered()
  const state = routes.controls.find(({ id }) => id === 'network-policies')
  assert.equal(state?.state, 'not-applicable')
  assert.match(state?.because ?? '', /nothing that enforces/)
  assert.deepEqual(find(routes.objects, 'NetworkPolicy', 'team-a'), [])
  const enforced = await rendered(extra, 'another')
  assert.equal(enforced.controls.find(({ id }) => id === 'network-policies')?.state, 'on')
  for (const namespace of ['default', 'team-a', 'redoubt-verify']) {
    const policies = find(enforced.objects, 'NetworkPolicy', namespace)
    const denial = policies.find(({ metadata }) => metadata.name === 'redoubt-default-deny')
    assert.deepEqual(denial?.spec, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
    assert.doesNotMatch(JSON.stringify(policies), /ipBlock/)
  }
})

test('every default account is without a token, the system’s too', async () => {
  const { objects } = await rendered()
  for (const namespace of ['kube-system', 'kube-public', 'kube-node-lease', 'default', 'redoubt-verify', 'team-a']) {
    const account = find(objects, 'ServiceAccount', namespace).find(({ metadata }) => metadata.name === 'default')
    assert.equal(account?.automountServiceAccountToken, false, namespace)
  }
})

test('no persona has a wildcard, escalates, binds, impersonates, issues tokens or passes through nodes', () => {
  for (const persona of personas) {
    const text = JSON.stringify(personaRules[persona])
    for (const word of ['*', 'escalate', 'bind', 'impersonate', 'serviceaccounts/token', 'nodes/proxy', 'approval'])
      assert.ok(!text.includes(`"${word}"`), `${persona} ${word}`)
  }
})

test('only an operator reads Secrets, and nobody who acts on the whole cluster starts pods', () => {
  const may = (persona: (typeof personas)[number], verb: string, resource: string) =>
    personaRules[persona].some((rule) => rule.resources?.includes(resource) && rule.verbs.includes(verb))
  for (const verb of ['get', 'list', 'watch', 'patch', 'update'])
    assert.deepEqual(
      personas.filter((persona) => may(persona, verb, 'secrets')),
      ['operator'],
    )
  assert.deepEqual(
    personas.filter((persona) => may(persona, 'create', 'pods')),
    ['operator', 'developer'],
  )
})

test('grants: a binding for each persona and place, groups once, in the last group', async () => {
  const input = await inputOf(nodes, { extra })
  const bound = grants(input.model).map(({ kind, metadata, subjects }) => [
    kind,
    metadata.namespace,
    (subjects as { name: string }[]).map(({ name }) => name).join(' '),
  ])
  assert.deepEqual(bound, [
    ['RoleBinding', 'team-a', 'devs more'],
    ['ClusterRoleBinding', undefined, 'platform'],
  ])
  assert.equal(renderCluster(input).objects.at(-1)?.name, 'grants')
})

test.run()
