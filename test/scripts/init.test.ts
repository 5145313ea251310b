import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { parseBundleSpec } from '../../cluster/bundle.ts'
import { parseSpec } from '../../cluster/spec.ts'
import { bundleEntries } from '../../cluster/spec-bundle.ts'
import { bundleText } from '../../scripts/stages/init/bundle.ts'
import { clusterText } from '../../scripts/stages/init/cluster.ts'

test('without words the spec is the lab’s', () => {
  const spec = parseSpec(clusterText('lab', []), 'redoubt.yaml')
  assert.equal(spec.metadata.name, 'lab')
  assert.deepEqual(
    spec.spec.nodes.map(({ name, role, address }) => `${name}=${role}@${address}`),
    ['cp1=control-plane@10.77.0.11', 'w1=worker@10.77.0.12'],
  )
})

test('nodes given are those written', () => {
  const words = ['a=control-plane@10.0.0.1', 'b=control-plane@10.0.0.2', 'c=worker@10.0.0.3']
  const { nodes } = parseSpec(clusterText('site-1', words), 'redoubt.yaml').spec
  assert.deepEqual(
    nodes.map(({ name, role, address }) => `${name}=${role}@${address}`),
    words,
  )
})

/** With every setting taken out of its comment. */
const uncommented = (text: string) => text.replaceAll(/^ {2}#(?! )/gm, '  ').replaceAll(/^ {2}# {2}/gm, '    ')

test('each setting that is commented out is a valid one', () => {
  const { spec } = parseSpec(uncommented(clusterText('lab', [])), 'redoubt.yaml')
  assert.equal(spec.ssh.key, 'node-key')
  assert.equal(spec.endpoint, 'api.example.internal')
  assert.equal(spec.audit.maxAge, 30)
  assert.equal(spec.apiServer.port, 6443)
  assert.equal(spec.pki.keys, 'ecdsa-p256')
  assert.equal(spec.components['kube-apiserver'].args['goaway-chance'], '0.001')
})

test('a bundle by itself: valid as it is, and with each setting that is commented out', () => {
  const text = bundleText('tools')
  const { name, version, images } = parseBundleSpec(text, 'redoubt.yaml')
  assert.deepEqual([name, version, images], ['tools', '0.1.0', []])
  const spec = parseBundleSpec(uncommented(text), 'redoubt.yaml')
  for (const field of Object.keys(bundleEntries)) assert.ok(text.includes(`  #${field}:`) || field === 'version', field)
  assert.equal(spec.images.length, 2)
  assert.equal(spec.registries[0]?.ca, 'registry-ca.crt')
  assert.throws(() => bundleText('A_1'), /no DNS label/)
})

const refused: [string, string[], RegExp][] = [
  ['no address', ['a=worker'], /--node a=worker: expected NAME=ROLE@ADDRESS/],
  ['an unknown role', ['a=boss@10.0.0.1'], /role/],
  ['a bad address', ['a=control-plane@10.0.0.300'], /no IPv4 address/],
  ['a bad name', ['A_1=control-plane@10.0.0.1'], /no DNS label/],
  ['only workers', ['a=worker@10.0.0.1'], /control-plane/],
  ['YAML in a name', ['a: {b}\n=worker@10.0.0.1'], /no DNS label/],
]

for (const [name, nodes, message] of refused)
  test(`${name} is refused`, () => {
    assert.throws(() => clusterText('lab', nodes), message)
  })

test.run()
