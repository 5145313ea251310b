// A folder stands for the one bundle in it: what people name who put a stick in.
import * as assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'uvu'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { openBundle } from '../../../bundles/read.ts'
import { repairBundle } from '../../../bundles/repair/repair.ts'
import { imageReference } from '../../../cluster/lock.ts'
import { flip } from '../damage.ts'
import { key, refusal, smallBundle, smallVolumes, temporary } from '../small.ts'

const options = { jobs: 1, onProgress: () => {}, signal: new AbortController().signal }
const file = await smallBundle('lab-0.1.0.tar')
const stick = join(temporary, 'stick')
mkdirSync(stick)
const volumes = await smallVolumes('stick/lab-0.1.0.tar', 500_000)

test('of a set of volumes, apply reads the very blobs and images that it reads of the file', async () => {
  writeFileSync(join(stick, 'readme.txt'), 'no bundle')
  const read = async (path: string) => {
    const bundle = await openBundle(path, key.publicPem)
    const { lock } = bundle
    const archive = await bundle.imageArchive([imageReference(lock, 'etcd'), imageReference(lock, 'pause')])
    const images = await buffer(archive.stream)
    const manifest = await buffer(bundle.blob(imageReference(lock, 'etcd').replace(/.*@/, '')))
    await bundle.close()
    return { images, size: archive.size, manifest, lock: JSON.stringify(lock) }
  }
  const whole = await read(file)
  assert.equal(whole.images.length, whole.size)
  for (const path of [stick, `${stick}/`, volumes[2] ?? '']) assert.deepEqual(await read(path), whole)
  assert.equal((await verifyBundle(stick, key.publicKey, options)).archive.path, volumes[0])
})

test('a copy to repair from may be a folder too', async () => {
  const damaged = join(temporary, 'damaged.tar')
  const whole = readFileSync(file)
  writeFileSync(damaged, flip(600)(Buffer.from(whole)))
  const further = async () => new Map()
  const { lost } = await repairBundle(damaged, [stick], {
    ...options,
    key: key.publicKey,
    dryRun: false,
    further,
    onBytes: () => {},
  })
  assert.deepEqual(lost, [])
  assert.ok(readFileSync(damaged).equals(whole))
})

test('a folder with a bundle, with none, with two, and with a part of one', async () => {
  const folder = join(temporary, 'folder')
  mkdirSync(folder)
  const open = () => refusal(openBundle(folder, key.publicPem).then((bundle) => bundle.close()))
  const none = await open()
  assert.deepEqual([none?.code, none?.where], ['usage', folder])
  assert.match(none?.message ?? '', /holds no bundle/)
  copyFileSync(file, join(folder, 'lab-0.1.0.tar'))
  assert.equal(await open(), undefined)
  copyFileSync(file, join(folder, 'lab-0.2.0.tar'))
  const two = await open()
  assert.equal(two?.code, 'usage')
  assert.match(`${two?.message} ${two?.hint}`, /holds 2 files that may be bundles .*lab-0.1.0.tar, lab-0.2.0.tar/)
  const missing = join(stick, 'lab-0.1.0.vol004.tar')
  rmSync(missing)
  const part = await refusal(openBundle(stick, key.publicPem))
  assert.deepEqual([part?.code, part?.where], ['integrity', missing])
})

test.run()
