import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { type CarriedImage, compareWants, type Want, wantsOfManifests } from '../../../bundles/closure/wants.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const carried: CarriedImage[] = [
  { name: 'docker.io/library/nginx:1.27', digest: digest('a'), own: false, where: 'redoubt.yaml:6:7' },
  { name: 'quay.io/team/app', digest: digest('b'), own: false, where: 'redoubt.yaml:7:7' },
  { name: 'redoubt.dev/coredns', digest: '', own: true, where: 'component coredns' },
]
const want = (image: string, sure = true): Want => ({ image, where: 'apps/x.yaml:1:1', sure })

const cases: { name: string; image: string; sure?: boolean; state: string; shown: string }[] = [
  { name: 'a short name', image: 'nginx:1.27', state: 'carried', shown: 'docker.io/library/nginx:1.27' },
  {
    name: 'Docker Hub’s old name',
    image: 'index.docker.io/library/nginx:1.27',
    state: 'carried',
    shown: 'docker.io/library/nginx:1.27',
  },
  { name: 'no tag is latest', image: 'nginx', state: 'missing', shown: 'docker.io/library/nginx:latest' },
  { name: 'by digest', image: `nginx@${digest('a')}`, state: 'carried', shown: 'docker.io/library/nginx:1.27' },
  {
    name: 'tag and digest: the digest counts',
    image: `nginx:9@${digest('a')}`,
    state: 'carried',
    shown: 'docker.io/library/nginx:1.27',
  },
  {
    name: 'the tag is there, the digest is another',
    image: `nginx:1.27@${digest('c')}`,
    state: 'missing',
    shown: `docker.io/library/nginx:1.27@${digest('c')}`,
  },
  {
    name: 'one that is carried by digest',
    image: `quay.io/team/app@${digest('b')}`,
    state: 'carried',
    shown: `quay.io/team/app@${digest('b')}`,
  },
  { name: 'its tag is not known', image: 'quay.io/team/app:1', state: 'missing', shown: 'quay.io/team/app:1' },
  {
    name: 'another registry',
    image: 'quay.io/library/nginx:1.27',
    state: 'missing',
    shown: 'quay.io/library/nginx:1.27',
  },
  {
    name: 'ours, of an older lock',
    image: `redoubt.dev/coredns@${digest('d')}`,
    state: 'carried',
    shown: 'redoubt.dev/coredns',
  },
  {
    name: 'ours, that no component is',
    image: `redoubt.dev/cilium@${digest('d')}`,
    state: 'missing',
    shown: `redoubt.dev/cilium@${digest('d')}`,
  },
  { name: 'text', image: 'ghcr.io/a/b:1', sure: false, state: 'maybe', shown: 'ghcr.io/a/b:1' },
  {
    name: 'text that is carried',
    image: 'nginx:1.27',
    sure: false,
    state: 'carried',
    shown: 'docker.io/library/nginx:1.27',
  },
  { name: 'no name at all', image: 'REGISTRY/App', state: 'missing', shown: 'REGISTRY/App' },
]
for (const { name, image, sure, state, shown } of cases)
  test(`${name}: ${image.slice(0, 40)} is ${state}`, () => {
    const { images } = compareWants([want(image, sure)], carried, [])
    const found = images.find(({ wantedBy }) => wantedBy.some(({ where }) => where === 'apps/x.yaml:1:1'))
    assert.deepEqual([found?.state, found?.image], [state, shown])
  })

test('who names a carried image by its tag is told how it is written with its digest', () => {
  const wants = [
    want('nginx:1.27'),
    want('nginx:1.27', false),
    want(`nginx@${digest('a')}`),
    want('other:1'),
    want('redoubt.dev/coredns:1'),
  ]
  assert.deepEqual(compareWants(wants, carried, []).tagged, [
    { image: 'nginx:1.27', where: 'apps/x.yaml:1:1', pinned: `nginx:1.27@${digest('a')}` },
  ])
})

test('of a digest that is not carried it is told what its tag is now', () => {
  const instead = (image: string) =>
    compareWants([want(image)], carried, [])
      .images.map((one) => one.instead)
      .filter(Boolean)
  assert.deepEqual(instead(`nginx:1.27@${digest('c')}`), [digest('a')])
  assert.deepEqual(instead(`nginx@${digest('c')}`), [])
  assert.deepEqual(instead(`nginx:1.26@${digest('c')}`), [])
})

test('who is sure makes a maybe a gap', () => {
  const { images } = compareWants([want('ghcr.io/a/b:1', false), want('ghcr.io/a/b:1')], [], [])
  assert.deepEqual(
    images.map(({ state, wantedBy }) => [state, wantedBy.length]),
    [['missing', 2]],
  )
})

test('what is carried is read once, however many want something', () => {
  let reads = 0
  const counted = carried.map((image) => ({
    ...image,
    get name() {
      reads++
      return image.name
    },
  }))
  const many = (count: number) => Array.from({ length: count }, (_, index) => want(`quay.io/team/other:${index}`))
  compareWants(many(1), counted, [])
  const once = reads
  compareWants(many(100), counted, [])
  assert.equal(reads, 2 * once)
})

test('a waiver is literal text; one that holds for nothing is named', () => {
  const waivers = ['auto', 'docker.io/library/busybox:1', 'nginx:1.27'].map((image) => ({
    image,
    reason: 'made up by a webhook',
  }))
  const { images, unused } = compareWants([want('auto'), want('busybox:1'), want('nginx:1.27')], carried, waivers)
  assert.deepEqual(
    images.filter(({ state }) => state === 'waived').map(({ image }) => image),
    ['docker.io/library/auto:latest', 'docker.io/library/busybox:1'],
  )
  assert.deepEqual(unused, [waivers[2]])
})

test('manifests say the line', () => {
  const text =
    'kind: Pod\n---\nkind: Job\nspec:\n  template:\n    spec:\n      containers:\n        - name: x\n          image: a/b:1\n'
  assert.deepEqual(wantsOfManifests(text, 'apps/job.yaml'), [
    { image: 'a/b:1', where: 'apps/job.yaml:9:11', sure: true },
  ])
})

test.run()
