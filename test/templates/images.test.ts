// Which images pods may name, and what the policy and the probe make of them.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { judgeImages } from '../../scripts/verify/probes/workloads.ts'
import { bundleImages, withoutTag } from '../../templates/images.ts'
import { renderCluster } from '../../templates/render.ts'
import { fixtureInput } from './fixture.ts'

const digest = `sha256:${'1'.repeat(64)}`
const other = `sha256:${'2'.repeat(64)}`
const names = [
  'docker.io/library/nginx:1.27',
  'docker.io/team/app:2',
  'registry.example.org:5000/a/b:v1',
  'quay.io/c/d',
]
const image = { mediaType: 'x', digest, size: 1, platforms: [], artifacts: [], blobs: [] }
const input = await fixtureInput()
const lock = { ...input.lock, images: names.map((name) => ({ ...image, name })) }

test('images of your own are known by digest, under each name that means them', () => {
  const own = bundleImages(input.lock)
  assert.deepEqual(
    bundleImages(lock).filter((name) => !own.includes(name)),
    [
      'docker.io/library/nginx',
      'docker.io/nginx',
      'docker.io/team/app',
      'library/nginx',
      'nginx',
      'quay.io/c/d',
      'registry.example.org:5000/a/b',
      'team/app',
    ].map((name) => `${name}@${digest}`),
  )
})

/** As a pod names it, and whether that is an image of the bundle. */
const named: [string, boolean][] = [
  [`nginx@${digest}`, true],
  [`docker.io/library/nginx:1.27@${digest}`, true],
  [`nginx:another-tag@${digest}`, true],
  [`registry.example.org:5000/a/b@${digest}`, true],
  [`registry.example.org:5000/a/b:v1@${digest}`, true],
  [`quay.io/c/d:v9@${digest}`, true],
  ['nginx:1.27', false],
  ['nginx', false],
  [`nginx:1.27@${other}`, false],
  [`quay.io/nginx@${digest}`, false],
  [`registry.example.org/a/b@${digest}`, false],
]

test('a running pod may name them so, and no others', () => {
  for (const [image, known] of named) {
    assert.equal(bundleImages(lock).includes(withoutTag(image)), known, image)
    for (const spec of [
      { containers: [{ image }] },
      { volumes: [{ image: { reference: image } }, { emptyDir: {} }] },
    ]) {
      const pod = { metadata: { namespace: 'a', name: 'b' }, spec, status: {} }
      assert.equal(judgeImages('api', { items: [pod] }, lock)[0]?.verdict, known ? 'pass' : 'fail', image)
    }
  }
})

test('the policy holds the same list', () => {
  const policies = renderCluster({ ...input, lock }).objects.find(({ name }) => name === 'policies')
  const known = (policies?.objects ?? []).flatMap(({ spec }) => {
    const { variables = [] } = (spec ?? {}) as { variables?: { name: string; expression: string }[] }
    return variables.filter(({ name }) => name === 'known')
  })
  assert.deepEqual(
    known.map(({ expression }) => JSON.parse(expression)),
    [bundleImages(lock)],
  )
})

test.run()
