import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { parseBundleSpec } from '../../cluster/bundle.ts'
import { lockText, parseLock } from '../../cluster/lock.ts'
import { parseSpec } from '../../cluster/spec.ts'

const own = (rest = '') => `apiVersion: redoubt.dev/v1alpha1
kind: Bundle
metadata: {name: tools}
spec:
  version: 1.0.0
${rest}`
const cluster = (bundle: string) => `apiVersion: redoubt.dev/v1alpha1
kind: Cluster
metadata: {name: lab}
spec:
  kubernetes: v1.36.3
  nodes: [{name: cp1, role: control-plane, address: 10.77.0.11}]
  bundle:
${bundle}`

test('a bundle by itself and the one of a cluster say the same in the same words', () => {
  const alone = parseBundleSpec(own('  images: [nginx]\n  architecture: arm64\n'), 'redoubt.yaml')
  const within = parseBundleSpec(cluster('    version: 1.0.0\n    images: [nginx]\n'), 'redoubt.yaml')
  assert.deepEqual(alone.images, within.images)
  assert.deepEqual(
    [alone.name, alone.version, alone.architecture, alone.cluster],
    ['tools', '1.0.0', 'arm64', undefined],
  )
  assert.deepEqual([within.name, within.version, within.architecture], ['lab', '1.0.0', undefined])
  assert.equal(parseBundleSpec(cluster('    architecture: arm64\n'), 'redoubt.yaml').architecture, 'arm64')
  assert.equal(within.cluster?.spec.kubernetes, 'v1.36.3')
  assert.equal(alone.where(['images', 0]), 'redoubt.yaml:6:12')
  assert.equal(within.where(['images', 0]), 'redoubt.yaml:9:14')
})

const wrong: { name: string; text: string; where: RegExp; message: RegExp }[] = [
  {
    name: 'an unknown field',
    text: own('  nodes: []\n'),
    where: /:6:/,
    message: /unknown field; known here: version, architecture, files/,
  },
  { name: 'an architecture', text: own('  architecture: s390x\n'), where: /:6:/, message: /"amd64" or "arm64"/ },
  {
    name: 'a field of an image',
    text: own('  images: [{name: a, tag: b}]\n'),
    where: /:6:/,
    message: /tag: unknown field; known here: name, platforms/,
  },
]
for (const { name, text, where, message } of wrong)
  test(`${name} is refused at its line`, () =>
    assert.throws(() => parseBundleSpec(text, 'redoubt.yaml'), { code: 'usage', where, message }))

test('a stage of clusters refuses a bundle by itself in one sentence', () =>
  assert.throws(() => parseSpec(own(), 'redoubt.yaml'), {
    code: 'usage',
    where: 'redoubt.yaml:2:1',
    message: /no cluster/,
  }))

test('a lock of no cluster has no word of components', () => {
  const text = `apiVersion: redoubt.dev/v1alpha1\nkind: Lock\narchitecture: amd64\n`
  const lock = parseLock(text, 'redoubt.lock.yaml')
  assert.deepEqual(lock.components, {})
  assert.equal(lockText(lock).replace(/^#.*\n/, ''), text)
  assert.throws(() => parseLock(`${text}components: {}\n`, 'redoubt.lock.yaml'), {
    code: 'usage',
    message: /components/,
  })
})

test.run()
