import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { catalogFor } from '../../bundles/catalog.ts'
import { compiledFrom } from '../../bundles/produce/programs.ts'
import { checkModules, pinOf, programName, readWrapper } from '../../bundles/sources/go.ts'
import type { Provider } from '../../cluster/components.ts'
import { supportedVersions } from '../../cluster/versions.ts'

for (const version of supportedVersions) {
  const catalog = catalogFor(version, 'cilium')

  test(`${version}: every module that a program comes from is pinned by version and sum`, () => {
    for (const wrapperName of Object.keys(catalog.modules)) {
      const wrapper = readWrapper(catalog, wrapperName)
      const members = compiledFrom(catalog, wrapperName)
      assert.ok(members.length > 0, wrapperName)
      for (const { name, origin } of members) {
        const { version: pinned, sum } = pinOf(wrapper, origin.module)
        assert.match(`${pinned} ${sum}`, /^v\d+\.\d+\.\d+ h1:[A-Za-z0-9+/]{43}=$/, name)
        assert.match(wrapper.files['tools.go'], new RegExp(`_ "${origin.package}"`), name)
        assert.ok(origin.package === origin.module || origin.package.startsWith(`${origin.module}/`), name)
      }
      const programs = members.map(({ origin }) => programName(origin.package))
      assert.equal(new Set(programs).size, programs.length, 'two programs of one build have the same name')
    }
  })

  test(`${version}: a cluster has what its own pod network needs, and nothing of another`, () => {
    const names = (provider: Provider) => {
      const { components, images, modules } = catalogFor(version, provider)
      return [components, images, modules]
        .flatMap((part) => Object.keys(part))
        .filter((name) => /^cilium|^cni-/.test(name))
    }
    assert.deepEqual(names('routes'), ['cni-bridge', 'cni-host-local', 'cni-loopback', 'cni-portmap', 'cni-plugins'])
    assert.deepEqual(names('cilium'), [
      ...['cni-loopback', 'cilium', 'cilium-operator', 'cilium-dbg', 'cilium-cni'],
      ...['cilium', 'cilium-operator', 'cni-plugins', 'cilium'],
    ])
  })

  test(`${version}: the Kubernetes programs are of this version and say so`, () => {
    const wrapper = readWrapper(catalog, 'kubernetes')
    assert.equal(pinOf(wrapper, 'k8s.io/kubernetes').version, version)
    const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(version) ?? []
    const flags = wrapper.module.ldflags.join(' ')
    for (const text of [`version.gitVersion=${version}`, `gitMajor=${major}`, `gitMinor=${minor}`])
      assert.ok(flags.includes(text))
  })

  test(`${version}: each wanted package says why`, () => {
    for (const { name, why } of catalog.packages) assert.ok(why.length > 10, name)
    assert.ok(catalog.present.includes('usr-is-merged'))
  })
}

test('a version without a catalogue is refused with those that have one', () => {
  assert.throws(() => catalogFor('v1.0.0', 'routes'), {
    code: 'usage',
    hint: `Known: ${supportedVersions.join(', ')}.`,
  })
})

test('programs are named as go build names them', () => {
  assert.equal(programName('go.etcd.io/etcd/server/v3'), 'server')
  assert.equal(programName('k8s.io/kubernetes/cmd/kubelet'), 'kubelet')
  assert.equal(programName('github.com/coredns/coredns'), 'coredns')
})

test('a lock made from other modules is refused', () => {
  const wrapper = readWrapper(catalogFor('v1.36.3', 'routes'), 'etcd')
  checkModules({ package: 'x', modules: wrapper.digest }, wrapper)
  assert.throws(() => checkModules({ package: 'x', modules: 'sha256:00' }, wrapper), {
    code: 'usage',
    hint: /bundle lock --update/,
  })
})

test.run()
