import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { catalogOf } from '../../../bundles/catalog/catalog.ts'
import { gather, type Relationship, type SpdxPackage } from '../../../bundles/papers/sbom/document.ts'
import { closureOf, modulesOf } from '../../../bundles/papers/sbom/go-modules.ts'
import { debPurl, genericPurl, goPurl, ociPurl } from '../../../bundles/papers/sbom/purl.ts'
import { sbomOf } from '../../../bundles/papers/sbom/sbom.ts'
import { readHead } from '../../../bundles/read.ts'
import { readWrapper } from '../../../bundles/sources/go.ts'
import type { ComponentName } from '../../../cluster/components.ts'
import { key, smallBundle } from '../small.ts'

const head = await readHead(await smallBundle('sbom.tar'), key.publicKey)
await head.archive.file.close()
// The fixture's digests are made from names: these are the catalogue's.
const catalog = catalogOf('v1.36.3')
for (const [name, origin] of Object.entries(catalog.components)) {
  const source = head.lock.components[name as ComponentName]?.source
  if (source?.kind === 'go' && origin.kind === 'go') source.modules = readWrapper(catalog, origin.wrapper).digest
}
const digest = (letter: string) => `sha256:${letter.repeat(64)}`
head.lock.images = [
  {
    name: 'docker.io/library/nginx:1.27',
    mediaType: 'application/vnd.oci.image.index.v1+json',
    digest: digest('a'),
    size: 1,
    platforms: ['linux/amd64'],
    artifacts: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digest('b'), size: 1, blobs: [] }],
    blobs: [],
  },
]
head.lock.charts = [
  {
    name: 'app',
    version: '1.2.3',
    from: 'oci://r.example.internal/charts/app:1.2.3',
    archive: { digest: digest('c'), size: 1 },
  },
]
head.lock.manifests = [{ name: 'apps/web.yaml', digest: digest('d'), size: 1 }]
head.lock.releases = [{ name: 'tool', url: 'https://r.example.internal/tool', digest: digest('e'), size: 1 }]
head.lock.files = [{ name: 'notes', digest: digest('f'), size: 1 }]
const made = sbomOf(head, 'redoubt 0.0.0')
const document = JSON.parse(made.text) as { packages: SpdxPackage[]; relationships: Relationship[] }
const schema = JSON.parse(
  readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../fixtures/spdx-2.3.json'), 'utf8'),
)

interface Schema {
  type: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  enum?: string[]
}

/** What of a value is not as the schema says: as much of JSON Schema as the fixture uses. */
function wrong(
  value: unknown,
  { type, properties = {}, required = [], items, minItems = 0, ...rest }: Schema,
  at: string,
): string[] {
  if (Array.isArray(value)) {
    if (type !== 'array' || !items || value.length < minItems) return [`${at}: an array`]
    return value.flatMap((one, index) => wrong(one, items, `${at}[${index}]`))
  }
  if (typeof value !== type) return [`${at}: no ${type}`]
  if (rest.enum && !rest.enum.includes(String(value))) return [`${at}: ${value}`]
  if (type !== 'object') return []
  const fields = value as Record<string, unknown>
  return [
    ...required.filter((name) => !(name in fields)).map((name) => `${at}: no ${name}`),
    ...Object.keys(fields).flatMap((name) => {
      const field = properties[name]
      return field ? wrong(fields[name], field, `${at}.${name}`) : [`${at}: ${name} is unknown`]
    }),
  ]
}

test('it is as the schema of SPDX 2.3 says, and the check would see what is not', () => {
  assert.deepEqual(wrong(document, schema, 'document'), [])
  const broken = { ...document, packages: [{ name: 1, extra: '', primaryPackagePurpose: 'TOY' }] }
  assert.equal(wrong(broken, schema, 'document').length, 5)
})

test('ids are well formed and unique; everything named is there, and hangs from the document', () => {
  const ids = document.packages.map(({ SPDXID }) => SPDXID)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^SPDXRef-[A-Za-z0-9.-]+$/)
  const reached = new Set(['SPDXRef-DOCUMENT'])
  for (let before = 0; before < reached.size; ) {
    before = reached.size
    for (const { spdxElementId, relatedSpdxElement, relationshipType } of document.relationships) {
      assert.ok(ids.includes(relatedSpdxElement), relatedSpdxElement)
      const [from, to] =
        relationshipType === 'METAFILE_OF' ? [relatedSpdxElement, spdxElementId] : [spdxElementId, relatedSpdxElement]
      if (reached.has(from)) reached.add(to)
    }
  }
  assert.equal(reached.size, ids.length + 1)
})

test('everything of the lock is in it, by digest', () => {
  const digests = document.packages.flatMap(({ checksums }) => checksums?.map((sum) => sum.checksumValue) ?? [])
  const lists = [head.lock.packages, head.lock.imagePackages, head.lock.images, head.lock.manifests, head.lock.releases]
  const components = Object.values(head.lock.components).filter((entry) => entry !== undefined)
  const wanted = [
    ...[...lists.flat(), ...head.lock.files, ...head.lock.charts.map(({ archive }) => archive)].map(
      (entry) => entry.digest,
    ),
    ...components.flatMap((entry) => [entry.binary.digest, entry.image?.digest ?? entry.binary.digest]),
    head.statement.executable.sha256,
  ]
  for (const one of wanted) assert.ok(digests.includes(one.replace('sha256:', '')), one)
})

const between = (from: RegExp, type: string, to: RegExp) =>
  document.relationships.some(
    (one) => from.test(one.spdxElementId) && one.relationshipType === type && to.test(one.relatedSpdxElement),
  )

for (const [from, type, to] of [
  [/-DOCUMENT$/, 'DESCRIBES', /^SPDXRef-bundle-lab-0.1.0$/],
  [/^SPDXRef-bundle-/, 'CONTAINS', /image-redoubt.dev-etcd/],
  [/image-redoubt.dev-etcd/, 'CONTAINS', /^SPDXRef-program-etcd-/],
  [/image-redoubt.dev-kube-proxy/, 'CONTAINS', /-deb-nftables-/],
  [/^SPDXRef-program-runc-/, 'GENERATED_FROM', /-deb-runc-/],
  [/^SPDXRef-program-etcd-/, 'GENERATED_FROM', /-go-go.etcd.io-etcd-server-v3/],
  [/^SPDXRef-program-etcd-/, 'DEPENDS_ON', /-go-stdlib-1/],
  [/^SPDXRef-program-etcd-/, 'DEPENDS_ON', /-go-modules-etcd-/],
  [/-go-modules-etcd-/, 'DEPENDS_ON', /-go-go.etcd.io-bbolt/],
  [/-artifact-/, 'METAFILE_OF', /image-docker.io-library-nginx/],
] as const)
  test(`${from} ${type} ${to}`, () => assert.ok(between(from, type, to)))

test('names that differ only in what an id may not have are two', () => {
  const all = gather()
  const described = { purpose: 'FILE' } as const
  const ids = ['a/b', 'a_b', 'a-b', 'a/b'].map((name) => all.add('file', name, described))
  assert.equal(new Set(ids).size, 3)
  assert.equal(all.packages().length, 3)
})

test('components of another catalogue are named', () => {
  assert.deepEqual(made.unknown, [])
  const lock = structuredClone(head.lock)
  const { etcd } = lock.components
  if (etcd?.source.kind === 'go') etcd.source.modules = digest('0')
  assert.deepEqual(sbomOf({ ...head, lock }, 'redoubt 0.0.0').unknown, ['etcd'])
})

test('the same bundle gives the same bytes', () => assert.equal(sbomOf(head, 'redoubt 0.0.0').text, made.text))

for (const [found, expected] of [
  [
    debPurl('conntrack', '1:1.4.7-1+b2', 'amd64'),
    'pkg:deb/debian/conntrack@1%3A1.4.7-1%2Bb2?arch=amd64&distro=bookworm',
  ],
  [
    goPurl('github.com/Azure/go-ansiterm', 'v0.1.0+incompatible'),
    'pkg:golang/github.com/azure/go-ansiterm@v0.1.0%2Bincompatible',
  ],
  [
    ociPurl('docker.io/library/nginx:1.27', 'sha256:ab'),
    'pkg:oci/nginx@sha256%3Aab?repository_url=docker.io/library/nginx&tag=1.27',
  ],
  [ociPurl('r.internal:5000/App', 'sha256:ab'), 'pkg:oci/app@sha256%3Aab?repository_url=r.internal%3A5000/App'],
  [genericPurl("a b'c", '', 'sha256:ab'), 'pkg:generic/a%20b%27c?checksum=sha256%3Aab'],
] as const)
  test(expected, () => assert.equal(found, expected))

test('modules of go.mod: blocks, comments, replacements', () => {
  const files = {
    'go.mod': `module m
require a.b/c v1.0.0 // indirect
exclude a.b/d v1.0.0
require (
	a.b/d v2.0.0 // indirect
	a.b/e v3.0.0
)
replace a.b/d => x.y/d v2.1.0
replace (
	a.b/e v3.0.0 => a.b/e v3.0.1
	a.b/c v9.0.0 => a.b/c v9.0.1
)
`,
    'go.sum': 'a.b/c v1.0.0 h1:c=\na.b/c v1.0.0/go.mod h1:no=\nx.y/d v2.1.0 h1:d=\na.b/e v3.0.1 h1:e=\n',
  }
  assert.deepEqual(modulesOf(files), [
    { path: 'a.b/c', version: 'v1.0.0', sum: 'h1:c=' },
    { path: 'x.y/d', version: 'v2.1.0', sum: 'h1:d=', replaces: 'a.b/d' },
    { path: 'a.b/e', version: 'v3.0.1', sum: 'h1:e=' },
  ])
})

test('every module of the catalogue has its checksum', () => {
  for (const entry of Object.values(head.lock.components))
    if (entry?.source.kind === 'go')
      for (const { path, sum } of closureOf(entry.source.modules)?.modules ?? []) assert.match(sum, /^h1:/, path)
})

test.run()
