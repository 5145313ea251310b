import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { RedoubtError } from '../../lib/errors.ts'
import { renderedFiles } from '../../scripts/render/folder.ts'
import { renderCluster } from '../../templates/render.ts'
import { inputOf, textOf } from './fixture.ts'

const nodes = ['cp1 control-plane']
const extraArgs = (component: string, args: string) => `  components: {${component}: {args: {${args}}}}`
const manifest = (component: string) => `/etc/kubernetes/manifests/${component}.yaml`

const refused: [string, string, string, RegExp][] = [
  ['what the baseline sets', 'kube-apiserver', 'secure-port: "7443"', /--secure-port is set by the baseline/],
  ['what a control sets', 'kube-scheduler', 'profiling: "true"', /--profiling is set by profiling-off/],
  ['a list of two controls', 'kube-apiserver', 'enable-admission-plugins: X', /node-restriction and pod-security/],
  ['what etcd’s baseline sets', 'etcd', 'data-dir: /tmp', /etcd --data-dir is set by the baseline/],
  ['a name with dashes', 'etcd', '"--debug": "1"', /"--debug" is no flag name/],
]
for (const [name, component, args, message] of refused)
  test(`an argument of the spec is refused: ${name}`, async () => {
    const input = await inputOf(nodes, { extra: extraArgs(component, args) })
    assert.throws(
      () => renderCluster(input),
      (error) => {
        assert.ok(error instanceof RedoubtError && error.code === 'usage')
        assert.match(error.message, message)
        assert.match(error.where ?? '', /^redoubt\.yaml:8:\d+$/)
        return true
      },
    )
  })

for (const path of ['constructor.prototype.polluted', 'memorySwap.constructor', 'a.prototype.b', 'a.__proto__.b'])
  test(`no kubelet field: ${path}`, async () => {
    const input = await inputOf(nodes, { extra: `  components: {kubelet: {config: {"${path}": true}}}` })
    assert.throws(
      () => renderCluster({ ...input, force: true }),
      (error) =>
        error instanceof RedoubtError &&
        error.code === 'usage' &&
        /is no field of KubeletConfiguration/.test(error.message) &&
        error.where === 'redoubt.yaml:8:35',
    )
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
  })

test('an argument that nothing sets is added', async () => {
  const { trees, forced } = renderCluster(
    await inputOf(nodes, { extra: extraArgs('kube-controller-manager', 'concurrent-gc-syncs: "100"') }),
  )
  assert.match(textOf(trees, manifest('kube-controller-manager')), /- --concurrent-gc-syncs=100$/m)
  assert.deepEqual(forced, [])
})

test('forced, the spec wins in its place, and each is told once', async () => {
  const input = await inputOf(['cp1 control-plane', 'cp2 control-plane'], {
    extra: extraArgs('kube-apiserver', 'profiling: "true"'),
  })
  const { trees, forced, overrides } = renderCluster({ ...input, force: true })
  const text = textOf(trees, manifest('kube-apiserver'), 'cp2')
  assert.equal([...text.matchAll(/--profiling=(\w+)/g)].map((match) => match[1]).join(), 'true')
  assert.equal(forced.length, 1)
  assert.match(forced[0] ?? '', /^redoubt\.yaml:9:\d+: kube-apiserver --profiling=true wins over profiling-off$/)
  assert.equal(overrides[0]?.over, 'profiling-off')
})

test('whatever the spec adds is listed, forced or not, and of what may be secret only the name', async () => {
  const extra = [
    '  components:',
    '    etcd: {args: {snapshot-count: "5000"}}',
    '    kube-apiserver: {args: {v: "4"}}',
    '    kubelet:',
    '      config: {maxPods: 90, staticPodURLHeader.Authorization: ["Bearer abc"], staticPodURL: "http://me:abc@x/y"}',
  ].join('\n')
  const rendered = renderCluster({ ...(await inputOf(nodes, { extra })), force: true })
  assert.deepEqual(
    rendered.overrides.map(({ setting, where, over }) => [setting, where.replace(/:\d+$/, ''), over]),
    [
      ['kube-apiserver --v=4', 'redoubt.yaml:10', null],
      ['etcd --snapshot-count=5000', 'redoubt.yaml:9', null],
      ['kubelet maxPods=90', 'redoubt.yaml:12', null],
      ['kubelet staticPodURLHeader.Authorization=(not shown)', 'redoubt.yaml:12', null],
      ['kubelet staticPodURL=(not shown)', 'redoubt.yaml:12', null],
    ],
  )
  assert.deepEqual(JSON.parse(renderedFiles(rendered).get('controls.json') ?? '').overrides, rendered.overrides)
  assert.deepEqual(renderCluster(await inputOf(nodes)).overrides, [])
})

test('an unknown control is refused, with those that exist', async () => {
  const input = await inputOf(nodes)
  assert.throws(
    () => renderCluster({ ...input, off: ['audit-log', 'audit-lo'] }),
    (error) => error instanceof RedoubtError && error.code === 'usage' && /audit-log/.test(error.hint ?? ''),
  )
})

test('a waiver of an unknown control is refused with file:line', async () => {
  const input = await inputOf(nodes, {
    extra: '  waivers:\n    - {control: audit, reason: we have none here, expires: 2027-01-31}',
  })
  assert.throws(
    () => renderCluster(input),
    (error) => error instanceof RedoubtError && /^redoubt\.yaml:9:\d+$/.test(error.where ?? ''),
  )
})

test.run()
