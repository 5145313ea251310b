// The disk is full at the first, the second, ... the last thing that is written: what is there then, and what the next run does.

import * as assert from 'node:assert/strict'
import fsNow from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { basename, join } from 'node:path'
import { test } from 'uvu'
import { type Cache, openCache } from '../../bundles/cache.ts'
import { extractPart } from '../../bundles/extract/extract.ts'
import { mediaTypes } from '../../bundles/registry/manifest.ts'
import { collectImages, resolveImage } from '../../bundles/sources/registry.ts'
import { writeBundle } from '../../bundles/write/write.ts'
import { listFiles } from '../../lib/files.ts'
import { digestOf } from '../../lib/hash.ts'
import { clientFor, imageOf, serveFake } from './registry/fake.ts'
import { answersOf, emptyContent, putBlob, putManifest } from './registry/store.ts'
import { smallLayout, temporary } from './small.ts'

type Call = (...args: never[]) => unknown

/**
 * Runs `work` on a disk that takes `room` more writes (calls that need space: new names, bytes, syncs) and then is full. Returns how many
 * there were, and what was thrown.
 */
async function onDisk(room: number, work: () => Promise<unknown>): Promise<{ writes: number; error: unknown }> {
  const some = await fs.open('/dev/null')
  const handles = Object.getPrototypeOf(some)
  await some.close()
  const { sync } = handles
  const now = fsNow as unknown as Record<string, Call>
  const { writeSync } = now
  let writes = 0
  const full = (original: Call, needs: (args: unknown[]) => boolean = () => true): Call =>
    function (this: unknown, ...args) {
      if (needs(args) && writes++ >= room) {
        const error = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
        if (original === writeSync) throw error
        return Promise.reject(error)
      }
      // Hundreds of real ones would be slow on a busy disk, and show nothing more.
      if (original === sync) return Promise.resolve()
      return original.apply(this, args)
    }
  const module = fs as unknown as Record<string, Call>
  const patches: [Record<string, Call>, string, ((args: unknown[]) => boolean)?][] = [
    [handles, 'write'],
    [handles, 'writeFile'],
    [handles, 'sync'],
    [now, 'writeSync'],
    [module, 'open', ([, flags]) => flags !== undefined && flags !== 'r'],
    [module, 'mkdir'],
    [module, 'rename'],
  ]
  const originals = patches.map(([owner, name]) => owner[name] as Call)
  patches.forEach(([owner, name, needs], index) => {
    owner[name] = full(originals[index] as Call, needs)
  })
  syncBuiltinESMExports()
  try {
    const error = await work().then(
      () => undefined,
      (thrown) => thrown,
    )
    return { writes, error }
  } finally {
    patches.forEach(([owner, name], index) => {
      owner[name] = originals[index] as Call
    })
    syncBuiltinESMExports()
  }
}

test('images into the cache: it is said, what is there is whole, the next run ends well', async () => {
  const content = emptyContent()
  const image = imageOf(Buffer.alloc(200_000, 'layer'))
  putBlob(content, image.layer, 'x')
  putBlob(content, image.config, 'x')
  putManifest(content, image.manifest, mediaTypes.ociManifest, '1')
  const fake = await serveFake(answersOf(content))
  const { client, waits } = clientFor([fake.host])
  const wanted = { name: `${fake.host}/team/app:1`, platforms: [], artifacts: false }
  const fetch = async (cache: Cache) =>
    collectImages(client, cache, [await resolveImage(client, cache, wanted)], 2, () => {})
  const root = (room: number) => join(temporary, 'full', `${room}`)
  try {
    // How many writes there are depends on the pieces in which the layer comes: on until it fits.
    for (let room = 0; ; room++) {
      const { error } = await onDisk(room, async () => fetch(await openCache(root(room))))
      if (error === undefined) {
        assert.ok(room > 10, `fits after ${room} writes`)
        break
      }
      assert.match(String(error), /no space left on the disk/, `room for ${room} writes`)
      const blobs = await listFiles(join(root(room), 'blobs/sha256')).catch(() => [])
      for (const name of blobs)
        if (!name.endsWith('.tmp'))
          assert.equal(digestOf(await fs.readFile(join(root(room), 'blobs/sha256', name))), `sha256:${name}`)
      await fetch(await openCache(root(room)))
      const whole = (await listFiles(join(root(room), 'blobs/sha256'))).sort()
      assert.deepEqual(whole, [image.layer, image.config, image.manifest].map((b) => digestOf(b).slice(7)).sort())
      assert.deepEqual(await listFiles(join(root(room), 'partial')), [])
    }
    assert.deepEqual(waits, [], 'a full disk is no matter of the registry')
  } finally {
    await fake.close()
  }
})

test('extract: no folder is left that was made for what found no room', async () => {
  const to = join(temporary, 'parted', 'deep')
  const part = (path: string) => ({
    name: path,
    path,
    mode: 0o644,
    open: async () => ({ size: 3, bytes: threeBytes() }),
  })
  const options = { to, force: false, onBytes: () => {}, signal: new AbortController().signal }
  const some = part('files/readme')
  for (let room = 0; ; room++) {
    const { error } = await onDisk(room, () => extractPart(some, options))
    if (error === undefined) break
    assert.match(String(error), /no space left on the disk/, `room for ${room} writes`)
    assert.deepEqual(await listFiles(temporary).then((all) => all.filter((name) => name.startsWith('parted'))), [])
    await assert.rejects(fs.stat(join(temporary, 'parted')), { code: 'ENOENT' }, `room for ${room} writes`)
  }
  const { error } = await onDisk(1, () => extractPart(part('files/more'), options))
  assert.match(String(error), /no space left/)
  assert.deepEqual(await listFiles(to), ['files/readme'])
})

async function* threeBytes() {
  yield Buffer.from('abc')
}

test('a bundle: it is said, and neither a bundle nor a piece of one is left', async () => {
  const { layout } = await smallLayout()
  const folder = join(temporary, 'full-bundle')
  await fs.mkdir(folder)
  const path = join(folder, 'lab.tar')
  const write = () => writeBundle(path, layout, () => {}, new AbortController().signal)
  const { writes, error } = await onDisk(Number.POSITIVE_INFINITY, write)
  assert.equal(error, undefined)
  await fs.rm(path)
  for (let room = 0; room < writes; room++) {
    assert.match(String((await onDisk(room, write)).error), /no space left on the disk/, `room for ${room} writes`)
    assert.deepEqual(await fs.readdir(folder), [], `after ${room} writes`)
  }
  await write()
  assert.deepEqual(await fs.readdir(folder), [basename(path)])
})

test.run()
