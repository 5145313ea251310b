// What registries claim of blobs, before they are fetched: no bundle is made of it that nobody can read.
import * as assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'uvu'
import { mediaTypes } from '../../../bundles/registry/manifest.ts'
import { layOut } from '../../../bundles/write/layout.ts'
import { digestOf } from '../../../lib/hash.ts'
import { build, workspaceOf } from '../making.ts'
import { imageOf, withServer } from '../registry/fake.ts'
import { answersOf, emptyContent, putBlob, putManifest } from '../registry/store.ts'
import { fakeBytes, key, refusal, smallLayout } from '../small.ts'

test('a layer with two sizes: what is fetched by one of them would be written over what follows the other', async () => {
  const layer = fakeBytes(5000, 1)
  const image = imageOf(layer, [fakeBytes(3000, 2), fakeBytes(4000, 3)])
  const content = emptyContent()
  for (const bytes of [layer, ...image.further, image.config]) putBlob(content, bytes, 'x')
  putManifest(content, image.manifest, mediaTypes.ociManifest, 'true')
  const { layers, ...rest } = JSON.parse(image.manifest.toString())
  const lying = { ...rest, layers: [{ ...layers[0], size: 100 }, ...layers.slice(1)] }
  putManifest(content, lying, mediaTypes.ociManifest, 'lying')
  const twice = { ...rest, layers: [...layers, { ...layers[0], size: 100 }] }
  putManifest(content, twice, mediaTypes.ociManifest, 'twice')
  await withServer(answersOf(content), async (host) => {
    for (const tags of [['true', 'lying'], ['twice']])
      for (const noCache of [false, true]) {
        const images = tags.map((tag) => `${host}/team/app:${tag}`).join(', ')
        const workspace = workspaceOf(host, `  images: [${images}]\n`)
        const error = await refusal(build(workspace, { noCache }))
        assert.equal(error?.code, 'integrity', tags.join())
        const said = `${error?.where}: ${error?.message}`
        assert.ok(said.includes(`${digestOf(layer)}: is said to have 5000 bytes, and elsewhere 100`), said)
        // Of one image alone it is known whose it is.
        if (tags.length === 1) assert.match(said, /^redoubt.yaml:6:\d+: .*app:twice: /)
        assert.ok(!readdirSync(workspace).some((name) => name.includes('.tar')))
      }
  })
})

test('a lock that no reader would take makes no bundle', async () => {
  const { layout, lock, images, blobs } = await smallLayout()
  const [executable] = layout.entries
  const files = [{ name: 'f'.repeat(5 << 20), ...ref(blobs[0]) }]
  const error = await refusal(
    (async () =>
      layOut({
        name: 'lab',
        version: '0.1.0',
        tool: 'redoubt 0.0.0',
        lock: { ...lock, files },
        executable: executable?.blob ?? assert.fail(),
        executableSignature: Buffer.alloc(64),
        images: Object.values(images),
        blobs,
        key: key.privateKey,
      }))(),
  )
  assert.match(error?.message ?? '', /redoubt\.lock\.yaml would have \d+ bytes; at most 4194304/)
})

function ref(blob: { digest: string; size: number } | undefined) {
  return { digest: blob?.digest ?? '', size: blob?.size ?? 0 }
}

test.run()
