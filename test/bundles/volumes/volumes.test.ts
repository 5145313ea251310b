import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'uvu'
import { names } from '../../../bundles/format/names.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { openBundle } from '../../../bundles/read.ts'
import { writeVolumes } from '../../../bundles/write/volumes.ts'
import { imageReference } from '../../../cluster/lock.ts'
import { sha256 } from '../../../lib/hash.ts'
import { key, smallBundle, smallLayout, smallVolumes, temporary } from '../small.ts'

const signal = new AbortController().signal
const options = { jobs: 2, onProgress: () => {}, signal }
const whole = readFileSync(await smallBundle('whole.tar'))
const volumeSize = 500_000
const good = await smallVolumes('good.tar', volumeSize)

test('names sort, no file is too long, the slices are the whole bundle, and again the same bytes', async () => {
  assert.deepEqual(
    good.map((path) => basename(path)),
    [1, 2, 3, 4, 5, 6].map((number) => `good.vol00${number}.tar`),
  )
  assert.ok(good.every((path) => statSync(path).size <= volumeSize))
  const header = readFileSync(good[0] as string).indexOf(`${names.executable}\0`)
  assert.ok(Buffer.concat(good.map((path) => readFileSync(path).subarray(header))).equals(whole))
  const again = await smallVolumes('again.tar', volumeSize)
  again.forEach((path, index) => {
    assert.ok(readFileSync(path).equals(readFileSync(good[index] as string)))
  })
})

test('any volume, and the name without a volume, stand for the bundle', async () => {
  for (const path of [...good, join(temporary, 'good.tar')]) {
    const head = await verifyBundle(path, key.publicKey, options)
    assert.equal(head.archive.size, whole.length)
    assert.equal(head.archive.path, good[0])
  }
})

test('blobs and images that span volumes are read in place', async () => {
  const bundle = await openBundle(good[0] as string, key.publicPem)
  for (const blob of (await smallLayout()).blobs) {
    const chunks = await bundle.blob(blob.digest).toArray()
    assert.equal(`sha256:${sha256(Buffer.concat(chunks))}`, blob.digest)
  }
  const { size, stream } = await bundle.imageArchive([imageReference(bundle.lock, 'etcd')])
  assert.equal(Buffer.concat(await stream.toArray()).length, size)
  await bundle.close()
})

test('plain tar and openssl take the executable out of the first volume, and check any volume', () => {
  const folder = join(temporary, 'plain')
  mkdirSync(folder)
  writeFileSync(join(folder, 'bundle.pub'), key.publicPem)
  const run = (line: string) => execFileSync('sh', ['-ec', line], { cwd: folder, encoding: 'utf8' })
  const check = 'openssl pkeyutl -verify -pubin -inkey bundle.pub -rawin'
  run(`tar --occurrence=1 -xf ${good[0]} redoubt redoubt.sig`)
  assert.match(run(`${check} -in redoubt -sigfile redoubt.sig`), /Signature Verified Successfully/)
  for (const path of good) {
    run(`tar --occurrence=1 -xf ${path} bundle/volumes.json bundle/volumes.sig bundle/volume.json`)
    assert.match(run(`${check} -in bundle/volumes.json -sigfile bundle/volumes.sig`), /Successfully/)
    const { size, sha256: expected, volume } = JSON.parse(readFileSync(join(folder, 'bundle/volume.json'), 'utf8'))
    assert.equal(run(`tail -c ${size} ${path} | sha256sum | cut -c-64`).trim(), expected)
    assert.equal(JSON.parse(readFileSync(join(folder, 'bundle/volumes.json'), 'utf8')).sha256[volume - 1], expected)
  }
})

test('too small, and too many: the least is named', async () => {
  await assert.rejects(smallVolumes('small.tar', 4096), { code: 'usage', hint: /at least \d+ bytes/ })
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('small.')),
    [],
  )
})

test('what had the name before goes, in either form', async () => {
  const there = () => readdirSync(temporary).filter((name) => name.startsWith('twice.'))
  await smallBundle('twice.tar')
  await smallVolumes('twice.tar', 500_000)
  assert.equal(there().length, 6)
  await smallVolumes('twice.tar', 2_000_000)
  assert.deepEqual(there(), ['twice.vol001.tar', 'twice.vol002.tar'])
  await smallBundle('twice.tar')
  assert.deepEqual(there(), ['twice.tar'])
})

test('an interrupt stops the writing and leaves nothing', async () => {
  const stop = new AbortController()
  const { layout } = await smallLayout()
  const named = { volumeSize, key: key.privateKey, name: 'lab', version: '0.1.0' }
  const onProgress = (done: number) => void (done > 1_000_000 && stop.abort())
  await assert.rejects(
    writeVolumes(join(temporary, 'stopped.tar'), layout, named, onProgress, stop.signal),
    /interrupted/,
  )
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('stopped')),
    [],
  )
})

test.run()
