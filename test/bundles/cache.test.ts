import * as assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import {
  adopt,
  cachedPath,
  cacheRoot,
  dropCorrupt,
  isCached,
  openCache,
  recall,
  remember,
  type Step,
  withWorkFolder,
} from '../../bundles/cache.ts'
import type { BlobRef } from '../../bundles/format/parts.ts'
import { temporary } from './small.ts'

let count = 0
const fresh = () => openCache(join(temporary, `cache-${count++}`))

async function withBlob(text: string) {
  const cache = await fresh()
  const blob = await withWorkFolder(cache, async (folder) => {
    writeFileSync(join(folder, 'out'), text)
    return await adopt(cache, join(folder, 'out'))
  })
  const step: Step<BlobRef> = { inputs: { step: 'test', text }, blobs: (result) => [result] }
  await remember(cache, step, blob)
  return { cache, blob, step }
}

test('beginnings of blobs that nobody went on with for a month are cleared', async () => {
  const { root } = await fresh()
  const folder = join(root, 'partial')
  const hex = 'a'.repeat(64)
  const days = (count: number) => Date.now() / 1000 - count * 24 * 60 * 60
  // No process has a number this high (proc(5), pid_max).
  const gone = 4194305
  const files: [string, number][] = [
    [`${hex}.${gone}.00000001.tmp`, 31],
    [`${hex}.${gone}.00000002.tmp`, 29],
    [`${hex}.${process.pid}.00000003.tmp`, 31],
    ['README', 31],
  ]
  for (const [name, age] of files) {
    writeFileSync(join(folder, name), 'begun')
    utimesSync(join(folder, name), days(age), days(age))
  }
  // Nothing of ours, but in the way of every command if it were not cleared.
  mkdirSync(join(folder, `${hex}.${gone}.00000004.tmp`))
  utimesSync(join(folder, `${hex}.${gone}.00000004.tmp`), days(31), days(31))
  await openCache(root)
  const kept = files.slice(1).map(([name]) => name)
  assert.deepEqual(readdirSync(folder).sort(), kept.sort())
})

test('what was remembered is recalled, by its inputs alone', async () => {
  const { cache, blob, step } = await withBlob('hello')
  assert.deepEqual(await recall(cache, step), blob)
  assert.equal(await recall(cache, { ...step, inputs: { step: 'test', text: 'other' } }), undefined)
  assert.equal(readFileSync(cachedPath(cache, blob.digest), 'utf8'), 'hello')
})

test('a blob that is gone, too short, or wrong is not used', async () => {
  const { cache, blob, step } = await withBlob('hello')
  writeFileSync(cachedPath(cache, blob.digest), 'hell')
  assert.equal(await isCached(cache, blob), false)
  assert.equal(await recall(cache, step), undefined)
  writeFileSync(cachedPath(cache, blob.digest), 'hellx')
  assert.deepEqual(await dropCorrupt(cache, [blob.digest]), [blob.digest])
  assert.equal(await recall(cache, step), undefined)
})

test('a damaged note of a step counts as none', async () => {
  for (const damage of [(text: string) => text.slice(0, 40), (text: string) => text.replace(/"size":5/, '"size":4')]) {
    const { cache, step } = await withBlob('hello')
    const [name] = readdirSync(join(cache.root, 'steps'))
    const path = join(cache.root, 'steps', name ?? '')
    writeFileSync(path, damage(readFileSync(path, 'utf8')))
    assert.equal(await recall(cache, step), undefined)
  }
})

test('a changed result is not believed, also where no blob would tell', async () => {
  const { cache, blob } = await withBlob('hello')
  const step: Step<BlobRef> = { inputs: { step: 'layer' }, blobs: () => [] }
  await remember(cache, step, blob)
  for (const name of readdirSync(join(cache.root, 'steps'))) {
    const path = join(cache.root, 'steps', name)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"size":5/, '"size":4'))
  }
  assert.equal(await recall(cache, step), undefined)
})

test('a work folder is gone afterwards, also after a failure; those of dead processes go when the cache is opened', async () => {
  const cache = await fresh()
  await assert.rejects(
    withWorkFolder(cache, async () => {
      throw new Error('no luck')
    }),
    /no luck/,
  )
  mkdirSync(join(cache.root, 'work', 'step.4194399.0123abcd.tmp'))
  mkdirSync(join(cache.root, 'work', `step.${process.pid}.0123abcd.tmp`))
  await openCache(cache.root)
  assert.deepEqual(readdirSync(join(cache.root, 'work')), [`step.${process.pid}.0123abcd.tmp`])
})

test('the cache is where XDG says', () => {
  assert.equal(cacheRoot({ XDG_CACHE_HOME: '/c' }), '/c/redoubt')
  assert.match(cacheRoot({ XDG_CACHE_HOME: 'relative' }), /^\/.*\/\.cache\/redoubt$/)
  assert.match(cacheRoot({}), /^\/.*\/\.cache\/redoubt$/)
})

test.run()
