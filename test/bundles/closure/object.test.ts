import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { imagesIn } from '../../../bundles/closure/object.ts'
import { referencesIn } from '../../../bundles/closure/text.ts'
import { parseForeign, splitDocuments } from '../../../lib/yaml.ts'

const digest = `sha256:${'a'.repeat(64)}`

/** What is found, each as `image path`, with `?` where nobody knows whether it is run. */
function found(yaml: string, version?: string): string[] {
  const [chunk] = splitDocuments(yaml)
  if (!chunk) return []
  return imagesIn(parseForeign(chunk, 'x.yaml').value, version).map(
    ({ image, path, sure }) => `${image} ${path.join('.')}${sure ? '' : '?'}`,
  )
}

const cases: { name: string; yaml: string; found: string[]; version?: string }[] = [
  {
    name: 'all containers of a pod, and its image volumes',
    yaml: `kind: Pod
spec:
  initContainers: [{name: a, image: busybox}]
  containers: [{name: b, image: "quay.io/a/b:1@${digest}"}, {name: none, image: ""}]
  ephemeralContainers: [{name: c, image: nginx:1}]
  volumes: [{name: v, image: {reference: "quay.io/a/data:2", pullPolicy: Always}}]`,
    found: [
      'busybox spec.initContainers.0.image',
      `quay.io/a/b:1@${digest} spec.containers.0.image`,
      'nginx:1 spec.ephemeralContainers.0.image',
      'quay.io/a/data:2 spec.volumes.0.image.reference',
    ],
  },
  {
    name: 'a CronJob in a List',
    yaml: 'kind: List\nitems: [{kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: "a/b:1"}]}}}}}}]',
    found: ['a/b:1 items.0.spec.jobTemplate.spec.template.spec.containers.0.image'],
  },
  {
    name: 'what is no name stays as it is written: somebody must mend it',
    yaml: 'spec: {containers: [{image: "REGISTRY/App"}]}',
    found: ['REGISTRY/App spec.containers.0.image'],
  },
  {
    name: 'fields of operators',
    yaml: `kind: Prometheus
spec: {image: "quay.io/prometheus/prometheus:v3", baseImage: quay.io/p/p, thanosImage: thanos:1, imagePullPolicy: Always, logoImage: x y, image2: a.io/b:1}`,
    found: [
      'quay.io/prometheus/prometheus:v3 spec.image',
      'quay.io/p/p spec.baseImage?',
      'thanos:1 spec.thanosImage',
      'a.io/b:1 spec.image2?',
    ],
  },
  { name: 'one word may be anything', yaml: 'kind: Machine\nspec: {image: debian}', found: ['debian spec.image?'] },
  {
    name: 'maps, as in values',
    yaml: `image: {registry: quay.io, repository: a/b, tag: 1.20, pullPolicy: Always}
sidecar: {image: {repository: a/c, tag: ""}}
pinned: {image: {repository: a/d, digest: "${digest}", tag: null}}
named: {image: {name: a/e, tag: v1}}
flat: {image: a/f, tag: v2, other: {image: a/g, imageTag: v3}}
chart: {repository: "https://github.com/a/b", ref: main}`,
    version: '2.5',
    found: [
      'quay.io/a/b:1.2 image.repository',
      'a/c:2.5 sidecar.image.repository',
      `a/d@${digest} pinned.image.repository`,
      'a/e:v1 named.image.name',
      'a/f:v2 flat.image',
      'a/g:v3 flat.other.image',
    ],
  },
  {
    name: 'environment and arguments',
    yaml: `spec:
  containers:
    - image: quay.io/op/op:1
      env: [{name: RELATED_IMAGE_DB, value: "quay.io/op/db:2"}, {name: OTHER, value: "quay.io/op/x:3"}, {name: IMAGE_POLICY, value: Always}]
      args: [--config-reloader-image=quay.io/op/reload:4, --listen=0.0.0.0:8080, --image, "quay.io/op/y:5"]`,
    found: [
      'quay.io/op/op:1 spec.containers.0.image',
      'quay.io/op/db:2 spec.containers.0.env.0.value',
      'quay.io/op/x:3 spec.containers.0.env.1.value?',
      'quay.io/op/reload:4 spec.containers.0.args.0',
      'quay.io/op/y:5 spec.containers.0.args.3',
    ],
  },
  {
    name: 'arguments that are given an image, whatever they are called',
    yaml: `args: [--prometheus-config-reloader=quay.io/op/reload:4, --helper-image, "busybox:1", --image-pull-policy, "a/b:1", --label=example.org/key, --peer=10.0.0.1:80/path, --default-base-image=quay.io/p/p, --base-image=quay.io/p/p:1]`,
    found: ['quay.io/op/reload:4 args.0', 'busybox:1 args.2', 'quay.io/p/p args.7?', 'quay.io/p/p:1 args.8'],
  },
  {
    name: 'an object that a ConfigMap holds, for a controller to create',
    yaml: `kind: ConfigMap
data:
  helperPod.yaml: |-
    apiVersion: v1
    kind: Pod
    spec: {containers: [{image: busybox}], initContainers: [{env: [{name: A, value: "quay.io/a/b:1"}]}]}
  template.yaml: |-
    apiVersion: v1
    kind: Pod
    image: {{ image "quay.io/a/c:1" }}`,
    found: ['busybox data.helperPod.yaml', 'quay.io/a/b:1 data.helperPod.yaml?', 'quay.io/a/c:1 data.template.yaml?'],
  },
  {
    name: 'text of a ConfigMap',
    yaml: `kind: ConfigMap
data:
  inject.yaml: |
    # see https://example.org/docs:latest
    containers:
    - image: proxy/envoy:1.2
    url: https://example.org/a/b:1
    other: ghcr.io/x/y@${digest},
    port: example.org:8080/path
  config.json: '{"image": "c/d:1", "listen": "127.0.0.1:80"}'`,
    found: ['proxy/envoy:1.2 data.inject.yaml?', `ghcr.io/x/y@${digest} data.inject.yaml?`, 'c/d:1 data.config.json?'],
  },
  {
    name: 'of a definition the defaults, not the prose',
    yaml: `kind: CustomResourceDefinition
spec: {versions: [{schema: {openAPIV3Schema: {properties: {image: {type: string, description: "like quay.io/a/b:1", default: "quay.io/a/c:2"}, size: {default: "1/2"}}}}}]}`,
    found: ['quay.io/a/c:2 spec.versions.0.schema.openAPIV3Schema.properties.image.default?'],
  },
]
for (const { name, yaml, version, found: expected } of cases)
  test(`images of an object: ${name}`, () => assert.deepEqual(found(yaml, version), expected))

test('a megabyte without a break is looked at in no time, and names nothing', () => {
  for (const text of ['a'.repeat(1 << 20), 'a.'.repeat(1 << 19), 'a/'.repeat(1 << 19), `${'a-'.repeat(1 << 19)}/b:1`])
    assert.deepEqual(referencesIn(text), [])
})

test('a stream is cut at its marks, and each document says where in the file it is', () => {
  const stream = '# head\n---\n# only words\n--- # x\na: 1\n...\n---\n\nb: |\n  ---\n  c\n---\n'
  const chunks = [...splitDocuments(stream)]
  assert.deepEqual(
    chunks.map(({ line }) => line),
    [4, 7],
  )
  const [first, second] = chunks.map((chunk) => parseForeign(chunk, 'x.yaml'))
  assert.deepEqual([first?.value, second?.value], [{ a: 1 }, { b: '---\nc\n' }])
  assert.equal(first?.where(['a']), 'x.yaml:5:1')
  assert.equal(second?.where(['b']), 'x.yaml:9:1')
})

test('ConfigMaps in ConfigMaps are opened as deep as anybody puts them: each is read again with all that is in it', () => {
  let text = 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: busybox}]}\n'
  const sure = Array.from({ length: 6 }, () => {
    const count = found(text).filter((one) => !one.endsWith('?')).length
    text = `apiVersion: v1\nkind: ConfigMap\ndata: {x: ${JSON.stringify(text)}}\n`
    return count
  })
  assert.deepEqual(sure, [1, 1, 1, 1, 0, 0])
})

test('as many names as a file holds', () => {
  const names = Array.from({ length: 200_000 }, (_, index) => `a.b/c${index}:1`)
  const object = { apiVersion: 'v1', kind: 'ConfigMap', data: { x: names.join(' ') } }
  assert.equal(imagesIn(object).length, names.length)
})

test('what somebody else wrote is refused at its own line', () => {
  const read = (text: string) => [...splitDocuments(text)].map((chunk) => parseForeign(chunk, 'x.yaml'))
  assert.throws(() => read('a: 1\n---\nb: [\n'), { code: 'usage', where: /^x.yaml:[34]:/ })
  assert.deepEqual(read('a: 1\na: 2\n')[0]?.value, { a: 2 })
  assert.throws(() => read(`a: ${'['.repeat(300)}${']'.repeat(300)}`), { message: /too deeply/ })
  assert.throws(() => read(`a: ${'x'.repeat(9 << 20)}`), { message: /no API server takes/ })
})

test.run()
