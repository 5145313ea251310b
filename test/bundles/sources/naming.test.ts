// A host that does not answer, or says no, is told with what was wanted of it, and the line that wants it.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { mediaTypes } from '../../../bundles/registry/manifest.ts'
import { naming } from '../../../bundles/sources/naming.ts'
import { fail } from '../../../lib/errors.ts'
import { sha256 } from '../../../lib/hash.ts'
import { build, workspaceOf } from '../making.ts'
import { imageOf, serveFake } from '../registry/fake.ts'
import { answersOf, emptyContent, putBlob, putManifest } from '../registry/store.ts'
import { refusal } from '../small.ts'

const image = imageOf(Buffer.from('layer'))
const content = emptyContent()
for (const blob of [image.layer, image.config]) putBlob(content, blob, 'x')
putManifest(content, image.manifest, mediaTypes.ociManifest, '1')
const answers = answersOf(content)
let refused = /./
const registry = await serveFake((request, response, count) =>
  refused.test(request.path) ? void response.writeHead(404).end() : answers(request, response, count),
)
const { host } = registry
const tool = `{url: 'http://${host}/tool', sha256: ${sha256('tool')}}`
const cases: { name: string; fields: string; refused: RegExp; pinned?: true; message: RegExp }[] = [
  {
    name: 'image',
    fields: `images: ['${host}/team/app:1']`,
    refused: /./,
    message: /^HOST\/team\/app:1: HOST\/team\/app manifests\/1: answers 404/,
  },
  {
    name: 'pinned image',
    fields: `images: ['${host}/team/app:1']`,
    refused: /manifests/,
    pinned: true,
    message: /^HOST\/team\/app:1: .* manifests\/sha256:\S+: answers 404/,
  },
  {
    name: 'layer',
    fields: `images: ['${host}/team/app:1']`,
    refused: /blobs/,
    message: /^HOST\/team\/app:1: .* blobs\/sha256:\S+: answers 404/,
  },
  {
    name: 'chart',
    fields: `charts: [{repository: 'http://${host}', name: web, version: 1.0.0}]`,
    refused: /./,
    message: /^web: http:\/\/HOST\/index.yaml: answers 404/,
  },
  { name: 'release', fields: `releases: [${tool}]`, refused: /./, message: /^tool: http:\/\/HOST\/tool: answers 404/ },
]
for (const one of cases)
  test(`what a host says no to is named, with its line: ${one.name}`, async () => {
    refused = /nothing/
    const workspace = () => workspaceOf(host, `  ${one.fields}\n`)
    const { lock: pins } = one.pinned ? await build(workspace()) : { lock: undefined }
    refused = one.refused
    const error = await refusal(build(workspace(), { pins }))
    assert.match(error?.message.replaceAll(host, 'HOST') ?? '', one.message)
    assert.match(error?.where ?? '', /^redoubt.yaml:6:\d+$/)
  })

test('what is wrong here stays as it is', async () => {
  for (const [code, where] of [
    ['failed', '/var/cache'],
    ['usage', 'redoubt.yaml:9:1'],
    ['failed', undefined],
  ] as const) {
    const work = naming({ name: 'web', where: 'redoubt.yaml:1:1' }, async () =>
      fail(code, 'no', where ? { where } : {}),
    )
    const error = await refusal(work)
    assert.deepEqual([error?.message, error?.where], ['no', where])
  }
})

test.after(registry.close)
test.run()
