// Images into containerd: what is asked of ctr, and what becomes of its answers. A script stands for ctr.
import * as assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Parser } from 'tar'
import { test } from 'uvu'
import { readPublicKey } from '../../bundles/keys.ts'
import { imagesOf, importImages, missingImages, refuseForeignHost } from '../../bundles/load/load.ts'
import { type BundleHead, readHead } from '../../bundles/read.ts'
import { withCtr } from './ctr.ts'
import { key, smallBundle, smallVolumes, temporary } from './small.ts'

const { signal } = new AbortController()
const containerd = { address: '/run/some.sock', namespace: 'k8s.io' }

async function withHead(name: string, work: (head: BundleHead) => Promise<void>): Promise<void> {
  const head = await readHead(await smallBundle(name), readPublicKey(key.publicPem, 'key'))
  // The fixture's lock names images of which this bundle holds two.
  const { etcd, pause } = head.lock.components
  const lock = { ...head.lock, components: { ...(etcd ? { etcd } : {}), ...(pause ? { pause } : {}) } }
  try {
    await work({ ...head, lock })
  } finally {
    await head.archive.file.close()
  }
}

const line = (name: string, digest: string, status = 'complete (3/3)') =>
  `${name}  application/vnd.oci.image.manifest.v1+json ${digest} ${status} 3.0 KiB/3.0 KiB true\n`

test('what counts as there: both names, of this digest, whole', () =>
  withHead('load-missing.tar', (head) =>
    withCtr(async (folder, table) => {
      const [etcd, pause] = imagesOf(head)
      assert.ok(etcd && pause)
      const all = (image: typeof etcd, status?: string) => image.names.map((name) => line(name, image.digest, status))
      const cases: [string, string[], string[]][] = [
        ['nothing', [], ['etcd', 'pause']],
        ['all', [...all(etcd), ...all(pause)], []],
        ['one without its tag', [...all(etcd), ...all(pause).slice(1)], ['pause']],
        ['a tag that is another image', [...all(etcd), ...all({ ...pause, digest: etcd.digest })], ['pause']],
        ['a layer that is lost', [...all(etcd, 'incomplete (2/3)'), ...all(pause)], ['etcd']],
        ['others', [line('docker.io/library/nginx:1', etcd.digest)], ['etcd', 'pause']],
      ]
      for (const [what, lines, missing] of cases) {
        await table(lines.join(''))
        const found = await missingImages(containerd, [etcd, pause], signal)
        assert.deepEqual(
          found.map(({ reference }) => /\/(\w+)@/.exec(reference)?.[1]),
          missing,
          what,
        )
      }
      const asked = await readFile(join(folder, 'asked'), 'utf8')
      assert.equal(asked.split('\n')[0], '--address /run/some.sock --namespace k8s.io images check')
    }),
  ))

test('only what is wanted is streamed; what ctr then does not show is an error', () =>
  withHead('load-import.tar', (head) =>
    withCtr(async (folder, table) => {
      const [etcd, pause] = imagesOf(head)
      assert.ok(etcd && pause)
      await table('', pause.names.map((name) => line(name, pause.digest)).join(''))
      let last = [0, 1]
      const size = await importImages(head, containerd, [pause], signal, (...progress) => {
        last = progress
      })
      assert.deepEqual(last, [size, size])
      const given = await readFile(join(folder, 'given'))
      assert.equal(given.length, size)
      const paths: string[] = []
      new Parser({
        onReadEntry: (entry) => {
          paths.push(entry.path)
          entry.resume()
        },
      }).end(given)
      assert.ok(paths.includes(`blobs/${pause.digest.replace(':', '/')}`))
      assert.ok(!paths.includes(`blobs/${etcd.digest.replace(':', '/')}`))
      await table('', '')
      await assert.rejects(
        importImages(head, containerd, [etcd], signal, () => {}),
        /containerd did not take redoubt.dev\/etcd@sha256:/,
      )
    }),
  ))

test('an image for another host is named before containerd is asked', () =>
  withHead('load-foreign.tar', async (head) => {
    refuseForeignHost(head, 'amd64')
    assert.throws(
      () => refuseForeignHost(head, 'arm64'),
      /redoubt.dev\/\w+:.* is carried for linux\/amd64, this host is/,
    )
    const image = (platforms: string[]) => ({
      ...head,
      lock: {
        ...head.lock,
        components: {},
        images: [{ name: 'a.example/app:1', digest: '', size: 1, mediaType: '', platforms, artifacts: [], blobs: [] }],
      },
    })
    for (const platforms of [['linux/amd64', 'linux/arm64'], ['linux/arm64/v8'], []])
      refuseForeignHost(image(platforms), 'arm64')
    assert.throws(() => refuseForeignHost(image(['linux/arm']), 'arm64'), /a.example\/app:1 is carried for linux\/arm,/)
  }))

test('from volumes, named by their folder, the same bytes are imported as from the file', () =>
  withHead('load-volumes.tar', (head) =>
    withCtr(async (folder, table) => {
      const [etcd] = imagesOf(head)
      assert.ok(etcd)
      await mkdir(join(temporary, 'load'))
      await smallVolumes('load/cut.tar', 500_000)
      const cut = await readHead(join(temporary, 'load'), key.publicKey)
      const given: Buffer[] = []
      for (const one of [head, cut]) {
        await table('', etcd.names.map((name) => line(name, etcd.digest)).join(''))
        await importImages(one, containerd, [etcd], signal, () => {})
        given.push(await readFile(join(folder, 'given')))
      }
      assert.ok(given[0]?.equals(given[1] ?? Buffer.alloc(0)))
      await cut.archive.file.close()
    }),
  ))

test('a damaged layer is an integrity error whatever ctr makes of it', () =>
  withHead('load-damaged.tar', (head) =>
    withCtr(async (_, table) => {
      const [, pause] = imagesOf(head)
      assert.ok(pause)
      await table('', pause.names.map((name) => line(name, pause.digest)).join(''))
      const entry = head.contents.find(({ path }) => path.endsWith(pause.digest.slice(7)))
      const largest = head.contents.filter(({ path }) => path.startsWith('blobs/')).map((blob) => blob)
      assert.ok(entry)
      // Another digest than its bytes have, as if these had changed.
      const damaged = largest.map((blob) =>
        blob.size < 3000 && blob !== entry ? { ...blob, sha256: '0'.repeat(64) } : blob,
      )
      const contents = head.contents.map((blob) => damaged.find(({ path }) => path === blob.path) ?? blob)
      await assert.rejects(
        importImages({ ...head, contents }, containerd, [pause], signal, () => {}),
        {
          code: 'integrity',
        },
      )
    }),
  ))

test.run()
