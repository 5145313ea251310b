import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { kinds, objectName } from '../../cluster/objects.ts'
import type { RenderInput } from '../../templates/render.ts'
import { renderCluster } from '../../templates/render.ts'
import { inputOf, textOf } from './fixture.ts'

const nodes = ['cp1 control-plane', 'w1 worker', 'w2 worker']
const digest = (letter: string) => `sha256:${letter.repeat(64)}`

/** A cluster with provider cilium, and a lock that has what it needs and nothing of provider routes. */
async function cilium(names: readonly string[] = nodes, carried = true): Promise<RenderInput> {
  const input = await inputOf(names)
  Object.assign(input.model.network, { provider: 'cilium' })
  if (!carried) return input
  const components = { ...input.lock.components }
  for (const name of ['cni-bridge', 'cni-host-local', 'cni-portmap'] as const) delete components[name]
  const program = components.coredns
  const image = (name: string, letter: string) => ({
    name: `redoubt.dev/${name}:v1.19.0`,
    digest: digest(letter),
    size: 1,
  })
  Object.assign(components, {
    cilium: { ...program, image: image('cilium', 'a') },
    'cilium-operator': { ...program, image: image('cilium-operator', 'b') },
    'cilium-dbg': { ...program, image: undefined },
    'cilium-cni': { ...program, image: undefined },
  })
  return { ...input, lock: { ...input.lock, components } }
}

test('provider cilium: its programs and images on every node, nothing of provider routes', async () => {
  const { trees } = renderCluster(await cilium())
  for (const { files, images, node } of trees) {
    const paths = files.map(({ path }) => path)
    assert.ok(paths.includes('/opt/cni/bin/cilium-cni') && paths.includes('/opt/cni/bin/loopback'), node)
    assert.deepEqual(
      paths.filter((path) => /\/(bridge|host-local|portmap|10-redoubt\.conflist)$/.test(path)),
      [],
    )
    for (const name of ['cilium', 'cilium-operator'])
      assert.ok(
        images.some((image) => image.startsWith(`redoubt.dev/${name}@sha256:`)),
        `${node}: ${name}`,
      )
  }
})

test('no address of a pod or a Service leaves a node by its default route, before the agent runs and after', async () => {
  const { trees } = renderCluster(await cilium())
  const unit = textOf(trees, '/etc/systemd/system/redoubt-routes.service', 'w1')
  assert.deepEqual(
    [...unit.matchAll(/^ExecStart=-?ip (.+)$/gm)].map((match) => match[1]),
    [
      'route replace unreachable 10.244.0.0/16 metric 1000',
      'rule del priority 999',
      'rule add iif lo to 10.96.0.0/16 priority 999 lookup main',
      'rule del priority 1000',
      'rule add to 10.96.0.0/16 priority 1000 unreachable',
    ],
  )
  assert.match(unit, /mountpoint -q \/run\/cilium\/bpffs \|\| mount -t bpf -o mode=0700 bpf \/run\/cilium\/bpffs/)
})

test('the firewall lets the tunnel in from the other nodes alone', async () => {
  const rules = async (input: Promise<RenderInput>, node: string) =>
    /ip saddr .*/.exec(textOf(renderCluster(await input).trees, '/etc/redoubt/firewall.nft', node))?.[0]
  assert.equal(await rules(cilium(), 'w1'), 'ip saddr { 10.77.0.11, 10.77.0.13 } udp dport 8472 accept')
  assert.equal(await rules(cilium(['cp1 control-plane']), 'cp1'), undefined)
  assert.equal(await rules(inputOf(nodes), 'w1'), undefined)
})

test('the agent comes before what needs it, its images are the bundle’s, and each node says its part of the network', async () => {
  const { objects, controls } = renderCluster(await cilium())
  const groups = objects.map(({ name }) => name)
  assert.ok(
    groups.indexOf('kube-proxy') < groups.indexOf('cilium') && groups.indexOf('cilium') < groups.indexOf('coredns'),
  )
  const all = objects.flatMap((group) => group.objects)
  for (const object of all) assert.ok(object.kind in kinds, objectName(object))
  const text = JSON.stringify(all)
  for (const image of [`redoubt.dev/cilium@${digest('a')}`, `redoubt.dev/cilium-operator@${digest('b')}`])
    assert.equal(text.split(image).length - 1, 2, `${image}: a pod, and the admission policy`)
  const node = all.find((object) => object.kind === 'Node' && object.metadata.name === 'w1')
  assert.deepEqual(node?.spec, { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] })
  assert.equal(controls.find(({ id }) => id === 'network-policies')?.state, 'on')
})

test('neither agent nor operator is privileged, and none of their rights reaches a Secret, a binding or a pod', async () => {
  const all = renderCluster(await cilium()).objects.flatMap((group) => group.objects)
  const own = all.filter((object) => /^cilium/.test(object.metadata.name))
  assert.ok(!JSON.stringify(own).includes('"privileged"'))
  const rules = own.flatMap((object) => (object.rules ?? []) as { resources: string[]; verbs: string[] }[])
  assert.ok(rules.length > 10)
  for (const { resources, verbs } of rules) {
    assert.ok(!/[*]|secrets|bindings|roles|exec|proxy/.test(`${resources} ${verbs}`), `${resources}: ${verbs}`)
    if (resources.includes('pods') || resources.includes('nodes')) assert.deepEqual(verbs, ['get', 'list', 'watch'])
  }
})

test('a bundle that was made for the other network is refused', async () => {
  const input = await cilium(nodes, false)
  assert.throws(() => renderCluster(input), { code: 'usage', hint: /Build the bundle again/ })
})

test.run()
