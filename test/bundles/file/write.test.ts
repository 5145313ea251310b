import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'uvu'
import { bytesBlob } from '../../../bundles/format/parts.ts'
import { DamagedBlob } from '../../../bundles/write/entries.ts'
import { writeBundle } from '../../../bundles/write/write.ts'
import { sha256 } from '../../../lib/hash.ts'
import { key, smallBundle, smallLayout, temporary } from '../small.ts'

const signal = new AbortController().signal

test('the same parts in any order give the very same bytes', async () => {
  const first = readFileSync(await smallBundle('first.tar'))
  const second = readFileSync(await smallBundle('second.tar', true))
  assert.ok(first.equals(second))
  assert.equal((await smallLayout()).layout.size, first.length)
})

test('the bytes are those of the format: a change here changes every bundle', async () => {
  const { layout } = await smallLayout()
  const image = layout.entries.find((entry) => entry.path === 'index.json')
  assert.equal(image?.blob.digest, 'sha256:b231136d170d681870c67865a533951144664fa8dac5e12822b32de9822c9997')
  assert.equal(
    sha256(readFileSync(await smallBundle('golden.tar'))),
    'bf73bdbe8b8d53b8a3b7a20c81115ab50e7e42babdd9ac38b1ff276736ba9280',
  )
})

test('plain tar lists the entries in the order of the format', async () => {
  const path = await smallBundle('listed.tar')
  const names = execFileSync('tar', ['-tf', path], { encoding: 'utf8' }).trim().split('\n')
  assert.deepEqual(names.slice(0, 8), [
    'redoubt',
    'redoubt.sig',
    'bundle/statement.json',
    'bundle/statement.sig',
    'bundle/contents.json',
    'bundle/redoubt.lock.yaml',
    'oci-layout',
    'index.json',
  ])
  const blobs = names.slice(8)
  assert.deepEqual(blobs, [...blobs].sort())
  assert.equal(blobs.length, 8)
})

test('tar and openssl take the executable out and check it, as the documentation says', async () => {
  const path = await smallBundle('plain.tar')
  const publicKey = join(temporary, 'bundle.pub')
  writeFileSync(publicKey, key.publicPem)
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: temporary, encoding: 'utf8' })
  run('tar', '--occurrence=1', '-xf', path, 'redoubt', 'redoubt.sig')
  const check = [
    'pkeyutl',
    '-verify',
    '-pubin',
    '-inkey',
    publicKey,
    '-rawin',
    '-in',
    'redoubt',
    '-sigfile',
    'redoubt.sig',
  ]
  assert.match(run('openssl', ...check), /Signature Verified Successfully/)
  assert.match(run('./redoubt'), /stand-in/)
})

test('a whole extraction works: no name is both file and folder', async () => {
  const path = await smallBundle('whole.tar')
  execFileSync('mkdir', ['-p', join(temporary, 'out')])
  execFileSync('tar', ['-C', join(temporary, 'out'), '-xf', path])
  assert.deepEqual(readdirSync(join(temporary, 'out')), [
    'blobs',
    'bundle',
    'index.json',
    'oci-layout',
    'redoubt',
    'redoubt.sig',
  ])
})

test('a blob whose bytes are not its digest is refused, and nothing is left', async () => {
  const { layout } = await smallLayout()
  const target = join(temporary, 'damaged.tar')
  const wrong = { ...bytesBlob('what it says'), parts: [{ bytes: Buffer.from('what it sayz') }] }
  const entries = [...layout.entries, { path: 'blobs/sha256/wrong', mode: 0o644, blob: wrong }]
  await assert.rejects(
    writeBundle(target, { ...layout, entries }, () => {}, signal),
    DamagedBlob,
  )
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith(basename(target))),
    [],
  )
})

test('what a killed run left is cleared by the next', async () => {
  writeFileSync(join(temporary, 'again.tar.4194399.0123abcd.tmp'), 'half')
  await smallBundle('again.tar')
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('again.tar')),
    ['again.tar'],
  )
})

test('an interrupt stops the writing and leaves nothing', async () => {
  const stop = new AbortController()
  const { layout } = await smallLayout()
  const target = join(temporary, 'stopped.tar')
  await assert.rejects(
    writeBundle(target, layout, () => stop.abort(), stop.signal),
    /interrupted/,
  )
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('stopped.tar')),
    [],
  )
})

test.run()
