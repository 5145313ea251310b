import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { minorOf, supportedVersions } from '../../cluster/versions.ts'
import { RedoubtError } from '../../lib/errors.ts'
import { factsOf } from '../../templates/conflicts/facts.ts'
import { controlIds } from '../../templates/controls.ts'
import { renderCluster } from '../../templates/render.ts'
import { checkVersions, differences } from '../../templates/versions.ts'
import { inputOf, yamlOf } from './fixture.ts'

const nodes = ['cp1 control-plane', 'w1 worker']
const config = '/var/lib/kubelet/config.yaml'
const policy = 'imagePullCredentialsVerificationPolicy'

for (const kubernetes of supportedVersions)
  test(`${kubernetes}: nothing is rendered that it does not know, with every control and with none`, async () => {
    const input = await inputOf(nodes, { kubernetes })
    const { spec } = input.model
    for (const off of [[], controlIds]) {
      const { trees, objects } = renderCluster({ ...input, off })
      const all = objects.flatMap((group) => group.objects)
      for (const { args, kubelet } of factsOf(input.model, trees, all)) {
        const of = (name: keyof typeof args) => ({ args: args[name] })
        const components = {
          'kube-apiserver': of('kube-apiserver'),
          'kube-controller-manager': of('kube-controller-manager'),
          'kube-scheduler': of('kube-scheduler'),
          etcd: of('etcd'),
          kubelet: { config: kubelet as Record<string, string> },
        }
        checkVersions({ ...input.model, spec: { ...spec, components } }, (path) => path.join('.'))
      }
    }
  })

test('1.34 does not get the policy for images that are there, neither on nodes nor for kubeadm', async () => {
  for (const kubernetes of supportedVersions) {
    const { trees, objects } = renderCluster(await inputOf(nodes, { kubernetes }))
    const expected = kubernetes === 'v1.34.4' ? undefined : 'NeverVerifyPreloadedImages'
    assert.equal(yamlOf(trees, config)[policy], expected, kubernetes)
    const shared = objects.flatMap((group) => group.objects).find(({ metadata }) => metadata.name === 'kubelet-config')
    assert.equal(JSON.stringify(shared).includes(policy), expected !== undefined, kubernetes)
  }
})

test('what else differs between rendered versions is their name, and pod security’s', async () => {
  const text = async (kubernetes: string) =>
    JSON.stringify(renderCluster(await inputOf(nodes, { kubernetes }))).replaceAll(/[0-9a-f]{64}/g, 'HASH')
  const [newest, before] = [await text('v1.36.3'), await text('v1.35.4')]
  assert.ok(newest.includes('v1.36.3') && newest.includes('enforce-version: v1.36'))
  assert.ok(before.replaceAll('v1.35.4', 'v1.36.3').replaceAll('v1.35', 'v1.36') === newest)
})

const args = (component: string, text: string) => `  components: {${component}: {args: {${text}}}}`
const kubelet = (text: string) => `  components: {kubelet: {config: {${text}}}}`
const refused: [string, string, RegExp][] = [
  [
    'v1.35.4',
    args('kube-apiserver', 'tls-curve-preferences: X25519'),
    /kube-apiserver --tls-curve-preferences is known since Kubernetes 1\.36, and this cluster is v1\.35\.4/,
  ],
  [
    'v1.34.4',
    args('kube-controller-manager', 'controller-shutdown-timeout: 5s'),
    /--controller-shutdown-timeout is known since Kubernetes 1\.35/,
  ],
  ['v1.34.4', kubelet(`${policy}: NeverVerify`), /kubelet imagePull\w+ is known since Kubernetes 1\.35/],
  ['v1.35.4', kubelet('memoryReservationPolicy: None'), /kubelet memoryReservationPolicy is known since/],
  [
    'v1.34.4',
    args('kube-scheduler', 'feature-gates: "ContextualLogging=true, GangScheduling=true"'),
    /feature gate GangScheduling of kube-scheduler is known since/,
  ],
  [
    'v1.36.3',
    args('kube-scheduler', 'feature-gates: "TopologyAwareHints=true"'),
    /feature gate TopologyAwareHints of kube-scheduler is gone since Kubernetes 1\.36/,
  ],
  ['v1.36.3', kubelet('featureGates.MemoryManager: true'), /feature gate MemoryManager of kubelet is gone since/],
  [
    'v1.35.4',
    args('kube-apiserver', 'disable-admission-plugins: "PodResizeValidator"'),
    /admission plugin PodResizeValidator of kube-apiserver is known since/,
  ],
]
for (const [kubernetes, extra, message] of refused)
  test(`refused at its line, forced or not: ${kubernetes} ${extra.trim()}`, async () => {
    const input = await inputOf(nodes, { kubernetes, extra })
    for (const force of [false, true])
      assert.throws(
        () => renderCluster({ ...input, force }),
        (error) => {
          assert.ok(error instanceof RedoubtError && error.code === 'usage', String(error))
          assert.match(error.message, message)
          assert.match(error.where ?? '', /^redoubt\.yaml:9:\d+$/)
          return true
        },
      )
  })

const taken: [string, string][] = [
  ['v1.36.3', args('kube-scheduler', 'tls-curve-preferences: X25519')],
  ['v1.35.4', args('kube-controller-manager', 'controller-shutdown-timeout: 5s')],
  ['v1.35.4', args('kube-scheduler', 'feature-gates: "TopologyAwareHints=true,GangScheduling=true"')],
  ['v1.36.3', kubelet('memoryReservationPolicy: None')],
]
for (const [kubernetes, extra] of taken)
  test(`taken: ${kubernetes} ${extra.trim()}`, async () => {
    assert.ok(renderCluster(await inputOf(nodes, { kubernetes, extra })))
  })

test('every row of the table says since when or until when, within what we carry, and from where it is known', () => {
  const minors = supportedVersions.map(minorOf)
  const seen = new Set<string>()
  for (const { kind, components = [''], names, since, until, source } of differences) {
    assert.equal([since, until].filter((minor) => minor !== undefined).length, 1)
    assert.ok(minors.includes(since ?? until ?? ''), `${since} ${until}`)
    assert.ok(names.length > 0 && source.length > 8)
    for (const name of names.flatMap((one) => components.map((component) => `${kind} ${component} ${one}`))) {
      assert.ok(!seen.has(name), name)
      seen.add(name)
    }
  }
})

test.run()
