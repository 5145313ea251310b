import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { configurable } from '../../cluster/components.ts'
import { RedoubtError } from '../../lib/errors.ts'
import { writeYaml } from '../../lib/yaml.ts'
import { factsOf } from '../../templates/conflicts/facts.ts'
import type { Facts } from '../../templates/conflicts/rule.ts'
import { broken, conflicts, describe } from '../../templates/conflicts.ts'
import { controlIds } from '../../templates/controls.ts'
import { renderCluster } from '../../templates/render.ts'
import { breaking } from './conflicts/breaking.ts'
import type { Change } from './conflicts/change.ts'
import { harmless } from './conflicts/harmless.ts'
import { inputOf, textOf } from './fixture.ts'

const nodes = ['cp1 control-plane', 'w1 worker']

async function ordinary(off: readonly string[] = []): Promise<Facts[]> {
  const input = await inputOf(nodes)
  const { trees, objects } = renderCluster({ ...input, off })
  return factsOf(
    input.model,
    trees,
    objects.flatMap((group) => group.objects),
  )
}

const once = ordinary()

/** The first control plane’s facts with a change; null takes a setting away. */
function changed(facts: Facts, change: Change): Facts {
  const copy: Facts = {
    ...facts,
    model: { ...facts.model, spec: { ...facts.model.spec } },
    node: { ...facts.node, host: { ...facts.node.host } },
    args: structuredClone(facts.args),
    kubelet: { ...facts.kubelet },
    kubeletArgs: { ...facts.kubeletArgs },
    files: { ...facts.files },
  }
  for (const component of configurable) Object.assign(copy.args[component], change[component])
  for (const component of configurable)
    for (const [flag, value] of Object.entries(change[component] ?? {}))
      if (value === null) delete copy.args[component][flag]
  Object.assign(copy.kubelet, change.kubelet)
  for (const [field, value] of Object.entries(change.kubelet ?? {})) if (value === null) delete copy.kubelet[field]
  Object.assign(copy.kubeletArgs, change.kubeletArgs)
  for (const [path, value] of Object.entries(change.files ?? {}))
    copy.files[path] = {
      owner: 'root:root',
      mode: 0o600,
      ...(typeof value === 'string' ? { text: value } : { text: writeYaml(value) }),
    }
  for (const [path, owner] of Object.entries(change.owners ?? {}))
    copy.files[path] = { ...copy.files[path], mode: 0o600, owner }
  copy.objects = [...copy.objects, ...(change.objects ?? [])]
  Object.assign(copy.node.host, change.host)
  if (change.endpoint) copy.model.spec.endpoint = change.endpoint
  if (change.keys) copy.model.spec.pki = { keys: change.keys }
  if (change.controlPlanes) copy.model.controlPlanes = Array(change.controlPlanes).fill(copy.node)
  return copy
}

test('at least thirty rules, each whole and named once', () => {
  assert.ok(conflicts.length >= 30, String(conflicts.length))
  assert.equal(new Set(conflicts.map((rule) => rule.id)).size, conflicts.length)
  for (const { id, title, why, source, remedy, settings, excusedBy } of conflicts) {
    assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/)
    assert.ok(title.length > 15 && why.length > 10 && source.length > 8 && /\.$/.test(remedy), id)
    assert.notEqual(describe(settings[0]), describe(settings[1]), id)
    if (excusedBy) assert.ok(controlIds.includes(excusedBy), id)
  }
})

test('every rule has a case that breaks it and one that does not', () => {
  const ids = conflicts.map((rule) => rule.id).sort()
  assert.deepEqual(Object.keys(breaking).sort(), ids)
  assert.deepEqual(Object.keys(harmless).sort(), ids)
})

test('an ordinary cluster breaks none, on any node', async () => {
  for (const facts of await once)
    assert.deepEqual(
      broken(facts).map((rule) => rule.id),
      [],
      facts.node.name,
    )
})

for (const off of controlIds)
  test(`nor does one without ${off}, which is weakened on purpose`, async () => {
    assert.ok((await ordinary([off])).length > 0)
  })

for (const [id, change] of Object.entries(breaking))
  test(`${id} is seen`, async () => {
    const [facts] = await once
    assert.ok(facts)
    assert.ok(
      broken(changed(facts, change))
        .map((rule) => rule.id)
        .includes(id),
    )
  })

for (const [id, change] of Object.entries(harmless))
  test(`${id} is not seen where it is not`, async () => {
    const [facts] = await once
    assert.ok(facts)
    assert.ok(
      !broken(changed(facts, change))
        .map((rule) => rule.id)
        .includes(id),
    )
  })

const args = (component: string, text: string) => `  components: {${component}: {args: {${text}}}}`

async function refusal(extra: string, force = false): Promise<RedoubtError> {
  const input = await inputOf(nodes, { extra })
  try {
    renderCluster({ ...input, force })
  } catch (error) {
    assert.ok(error instanceof RedoubtError && error.code === 'usage', String(error))
    return error
  }
  throw new Error('rendered')
}

test('render refuses with both settings, the line of the spec and the remedy', async () => {
  const error = await refusal(args('kube-apiserver', 'oidc-issuer-url: "https://id", oidc-client-id: k'))
  assert.equal(error.where, 'redoubt.yaml:9:40')
  assert.match(
    error.message,
    /^kube-apiserver --oidc-\* and kube-apiserver --authentication-config: .* \(conflict oidc-flags-and-file\)$/,
  )
  assert.match(error.hint ?? '', /Take the oidc flags out/)
  assert.doesNotMatch(error.hint ?? '', /--force/)
})

test('what stops the cluster does not pass with --force', async () => {
  const error = await refusal(args('etcd', 'election-timeout: "200"'), true)
  assert.match(error.message, /conflict etcd-heartbeat-and-election/)
})

test('what only harms passes with --force, and is told', async () => {
  const extra = args('kube-apiserver', 'goaway-chance: "0.001"')
  const error = await refusal(extra)
  assert.match(error.hint ?? '', /--force` lets it pass/)
  assert.match(error.message, /kube-apiserver --goaway-chance and spec\.nodes \(redoubt\.yaml:6:3\): /)
  const { forced, trees } = renderCluster({ ...(await inputOf(nodes, { extra })), force: true })
  assert.equal(forced.length, 1)
  assert.match(forced[0] ?? '', /^redoubt\.yaml:9:\d+: .*goaway-and-one-server/)
  assert.match(textOf(trees, '/etc/kubernetes/manifests/kube-apiserver.yaml'), /--goaway-chance=0\.001/)
})

const undone: [string, string, string][] = [
  ['kubelet', 'config: {staticPodURL: "http://x/y"}', 'static-pods-from-afar'],
  ['kubelet', 'config: {featureGates.AllAlpha: true}', 'all-alpha-kubelet'],
  ['kube-scheduler', 'args: {authorization-always-allow-paths: "/*"}', 'open-paths-scheduler'],
  ['etcd', 'args: {force-new-cluster: "true"}', 'etcd-forgets-its-members'],
]
for (const [component, text, id] of undone)
  test(`of the spec ${id} is refused at its line, and told when forced`, async () => {
    const extra = `  components: {${component}: {${text}}}`
    const error = await refusal(extra)
    assert.match(error.message, new RegExp(`conflict ${id}`))
    assert.match(error.where ?? '', /^redoubt\.yaml:9:\d+$/)
    const { forced } = renderCluster({ ...(await inputOf(nodes, { extra })), force: true })
    assert.match(forced.join(), new RegExp(`^redoubt.yaml:9:\\d+: .*conflict ${id}`))
  })

for (const [component, text] of [
  ['etcd', 'config-file: /var/lib/etcd/x'],
  ['kube-scheduler', 'config: /x'],
] as const)
  test(`a file beside the flags of ${component} does not pass with --force`, async () => {
    const error = await refusal(args(component, text), true)
    assert.match(error.message, /flags-and-file/)
  })

test('what is told does not depend on where the workspace lies', async () => {
  const input = await inputOf(nodes, { extra: args('kube-apiserver', 'goaway-chance: "0.001"') })
  const where = (path: readonly (string | number)[]) => `/srv/lab/${input.where?.(path)}`
  assert.deepEqual(
    renderCluster({ ...input, where, force: true }).forced,
    renderCluster({ ...input, force: true }).forced,
  )
})

test('a conflict with a host names the node where no line of the spec does', async () => {
  const input = await inputOf(nodes, { extra: '  profile: stig', host: { writableSysctls: {} } })
  assert.throws(
    () => renderCluster(input),
    (error) =>
      error instanceof RedoubtError &&
      error.where === 'node cp1' &&
      /kubelet protectKernelDefaults and hosts\.yaml writableSysctls: /.test(error.message),
  )
})

test.run()
