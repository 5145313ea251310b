import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { RedoubtError } from '../../lib/errors.ts'
import { renderedFiles } from '../../scripts/render/folder.ts'
import { weakenings } from '../../scripts/render/weakened.ts'
import { controlIds } from '../../templates/controls.ts'
import { profiles } from '../../templates/profiles.ts'
import { renderCluster } from '../../templates/render.ts'
import { inputOf, textOf, yamlOf } from './fixture.ts'

const nodes = ['cp1 control-plane', 'w1 worker']
const render = async (extra: string, force = false) => renderCluster({ ...(await inputOf(nodes, { extra })), force })
const config = '/var/lib/kubelet/config.yaml'

test('profiles leave out controls that exist, each with what upstream has instead', () => {
  for (const [name, { off }] of Object.entries(profiles))
    for (const [id, upstream] of Object.entries(off)) {
      assert.ok(controlIds.includes(id), `${name}: ${id}`)
      assert.ok(upstream.length > 15, id)
    }
})

test('without a word the profile is hardened: every control is on', async () => {
  const { profile, controls } = await render('')
  assert.equal(profile, 'hardened')
  assert.deepEqual(
    controls.filter((control) => control.state === 'off'),
    [],
  )
})

test('what kubeadm’s profile leaves out is in controls.json and in the warnings, with the reason', async () => {
  const rendered = await render('  profile: kubeadm')
  const left = Object.keys(profiles.kubeadm.off)
  const controls = JSON.parse(renderedFiles(rendered).get('controls.json') ?? '')
  assert.equal(controls.profile, 'kubeadm')
  assert.deepEqual(
    [...controls.off].sort(),
    left.filter((id) => rendered.controls.some((c) => c.id === id && c.state === 'off')).sort(),
  )
  assert.ok(controls.off.includes('audit-log'))
  assert.ok(
    weakenings(rendered).some((line) =>
      /^CONTROL OFF: audit-log - .*Because the profile leaves it out, as upstream: nothing is recorded\.$/.test(line),
    ),
  )
  assert.doesNotMatch(textOf(rendered.trees, '/etc/kubernetes/manifests/kube-apiserver.yaml'), /--audit-/)
})

test('rendered again with what controls.json says is off, the bytes are the same: apply does so', async () => {
  const input = await inputOf(nodes, { extra: '  profile: kubeadm' })
  const first = renderedFiles(renderCluster(input))
  const { off } = JSON.parse(first.get('controls.json') ?? '')
  assert.deepEqual([...renderedFiles(renderCluster({ ...input, off }))], [...first])
})

test('the stig profile’s values win, on nodes and in kubelet-config', async () => {
  const { trees, objects } = await render('  profile: stig')
  assert.match(
    textOf(trees, '/etc/kubernetes/manifests/kube-apiserver.yaml'),
    /--service-account-max-token-expiration=24h0m0s/,
  )
  const manager = textOf(trees, '/etc/kubernetes/manifests/kube-controller-manager.yaml')
  assert.deepEqual(
    [...manager.matchAll(/--cluster-signing-duration=(\w+)/g)].map((match) => match[1]),
    ['720h'],
  )
  assert.equal(yamlOf(trees, config, 'w1').protectKernelDefaults, true)
  assert.match(JSON.stringify(objects), /cacheAuthorizedTTL: 30s/)
})

test('a field of the kubelet that nothing sets is added', async () => {
  const { trees } = await render(
    '  components: {kubelet: {config: {imageGCHighThresholdPercent: 90, memorySwap.swapBehavior: NoSwap}}}',
  )
  const written = yamlOf(trees, config, 'w1')
  assert.equal(written.imageGCHighThresholdPercent, 90)
  assert.deepEqual(written.memorySwap, { swapBehavior: 'NoSwap' })
})

for (const [name, line, message] of [
  ['a control’s', 'readOnlyPort: 10255', /kubelet readOnlyPort is set by kubelet-readonly-port/],
  ['the baseline’s', 'clusterDomain: x', /kubelet clusterDomain is set by the baseline/],
  ['one above a control’s', 'authentication: x', /kubelet authentication is set by/],
  ['no field', '"a b": x', /is no field of KubeletConfiguration/],
] as const)
  test(`a field of the kubelet is refused at its line: ${name}`, async () => {
    const input = await inputOf(nodes, { extra: `  components: {kubelet: {config: {${line}}}}` })
    assert.throws(
      () => renderCluster(input),
      (error) =>
        error instanceof RedoubtError && message.test(error.message) && /^redoubt\.yaml:9:\d+$/.test(error.where ?? ''),
    )
  })

test('forced, the spec wins over a control’s field and is told', async () => {
  const { trees, forced } = await render('  components: {kubelet: {config: {readOnlyPort: 10255}}}', true)
  assert.equal(yamlOf(trees, config, 'w1').readOnlyPort, 10255)
  assert.match(forced[0] ?? '', /kubelet readOnlyPort=10255 wins over kubelet-readonly-port$/)
})

test('a second waiver of one control is refused, naming the first', async () => {
  const waiver = '{control: audit-log, reason: it goes elsewhere, expires: 2027-01-31}'
  const input = await inputOf(nodes, { extra: `  waivers:\n    - ${waiver}\n    - ${waiver}` })
  assert.throws(
    () => renderCluster(input),
    (error) =>
      error instanceof RedoubtError &&
      /^redoubt\.yaml:11:/.test(error.where ?? '') &&
      /redoubt\.yaml:10:/.test(error.hint ?? ''),
  )
})

test.run()
