// What the survey found decides settings; nothing about hosts is hard-coded.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import type { HostFacts } from '../../cluster/hosts.ts'
import { renderCluster } from '../../templates/render.ts'
import { inputOf, plainHost, textOf, yamlOf } from './fixture.ts'

const nodes = ['cp1 control-plane', 'w1 worker']
const kubelet = '/var/lib/kubelet/config.yaml'
const containerd = '/etc/containerd/config.toml'
const without = (...names: string[]) => ({
  writableSysctls: { ...plainHost.writableSysctls, ...Object.fromEntries(names.map((name) => [name, false])) },
})

const kubeletCases: [string, Partial<HostFacts>, Record<string, unknown>][] = [
  ['cgroup v2', {}, { cgroupDriver: 'systemd', failCgroupV1: true }],
  ['cgroup v1', { cgroup: 'v1' }, { cgroupDriver: 'cgroupfs', failCgroupV1: false }],
  ['no swap', {}, { failSwapOn: true }],
  ['swap', { swap: true }, { failSwapOn: false }],
  ['all sysctls writable', {}, { protectKernelDefaults: true }],
  ['one sysctl not writable', without('vm.panic_on_oom'), { protectKernelDefaults: false }],
]
for (const [name, host, expected] of kubeletCases)
  test(`kubelet on a host with ${name}`, async () => {
    const config = yamlOf(renderCluster(await inputOf(nodes, { host })).trees, kubelet)
    for (const [field, value] of Object.entries(expected)) assert.equal(config[field], value, field)
  })

const texts: [string, Partial<HostFacts>, string, RegExp][] = [
  ['containerd, v2', {}, containerd, /SystemdCgroup = true\n/],
  ['containerd, v1', { cgroup: 'v1' }, containerd, /SystemdCgroup = false\n/],
  ['containerd, free scores', {}, containerd, /restrict_oom_score_adj = false\n/],
  ['containerd, fixed scores', { canLowerOomScore: false }, containerd, /restrict_oom_score_adj = true\n/],
  ['pods, small frames', { mtu: 1400 }, '/etc/cni/net.d/10-redoubt.conflist', /"mtu": 1400,/],
  ['sysctl.d', without('kernel.panic'), '/etc/sysctl.d/90-redoubt.conf', /^kernel\.panic_on_oops = 1\n/],
]
for (const [name, host, path, expected] of texts)
  test(name, async () => assert.match(textOf(renderCluster(await inputOf(nodes, { host })).trees, path), expected))

test('a host on which no sysctl can be written gets no sysctl.d file', async () => {
  const { trees } = renderCluster(await inputOf(nodes, { host: { writableSysctls: {} } }))
  assert.ok(!trees[0]?.files.some((file) => file.path.startsWith('/etc/sysctl.d')))
})

const proxyCases: [string, Partial<HostFacts>, RegExp, RegExp][] = [
  ['all writable', {}, /mode: nftables/, /maxPerCore|masqueradeAll/],
  ['no conntrack', without('net.netfilter.nf_conntrack_max'), /maxPerCore: 0/, /masqueradeAll/],
  ['no bridge calls', without('net.bridge.bridge-nf-call-iptables'), /masqueradeAll: true/, /maxPerCore/],
]
for (const [name, host, present, absent] of proxyCases)
  test(`kube-proxy, ${name}`, async () => {
    const { objects } = renderCluster(await inputOf(nodes, { host }))
    const group = objects.find((entry) => entry.name === 'kube-proxy')
    const config = group?.objects.find((object) => object.kind === 'ConfigMap')?.data as Record<string, string>
    assert.match(config['config.conf'] ?? '', present)
    assert.doesNotMatch(config['config.conf'] ?? '', absent)
  })

test.run()
