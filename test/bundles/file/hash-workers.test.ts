import * as assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { hashRanges } from '../../../bundles/read/hash-workers.ts'

const folder = mkdtempSync(join(tmpdir(), 'redoubt-hash-'))
const fd = openSync(join(folder, 'zeros'), 'w+')
ftruncateSync(fd, 40 << 20)
test.after(() => {
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

const zeros = (size: number) => createHash('sha256').update(Buffer.alloc(size)).digest('hex')

/** Ranges of so many MiB, all zeros; `begun` hears of each that is handed to a thread. */
function rangesOf(sizes: readonly number[], begun: (size: number) => void = () => {}) {
  return sizes.map((size) => ({
    size: size << 20,
    pieces: [{ fd, offset: 0, size: size << 20 }],
    before: () => {
      begun(size)
      return new Uint8Array()
    },
  }))
}

const handedOver = [
  { name: 'large ones wait for the thread that is first done', sizes: [33, 40, 34], expected: [40, 34] },
  { name: 'of small ones each thread has one more', sizes: [5, 6, 7, 8, 9], expected: [9, 8, 7, 6] },
  { name: 'behind a large one none waits', sizes: [5, 40, 6, 7], expected: [40, 7, 6] },
]
for (const { name, sizes, expected } of handedOver)
  test(`what two threads are given at once: ${name}`, async () => {
    const begun: number[] = []
    const work = hashRanges(
      rangesOf(sizes, (size) => begun.push(size)),
      2,
      () => {},
      new AbortController().signal,
    )
    // No answer of a thread comes between these.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    assert.deepEqual(begun, expected)
    assert.deepEqual(
      await work,
      sizes.map((size) => zeros(size << 20)),
    )
  })

test('whoever stops it is told so at once, and no listener stays', async () => {
  const stop = new AbortController()
  const work = hashRanges(rangesOf([33, 40, 34]), 2, () => {}, stop.signal)
  stop.abort(new Error('stopped'))
  await assert.rejects(work, /stopped/)
  await assert.rejects(
    hashRanges(rangesOf([5]), 2, () => {}, stop.signal),
    { code: 'interrupted' },
  )
  assert.deepEqual(getEventListeners(stop.signal, 'abort'), [])
})

test('a thread that dies ends it', async () => {
  const dying = { size: 9 << 20, pieces: undefined as unknown as [] }
  await assert.rejects(
    hashRanges([dying, dying, dying], 1, () => {}, new AbortController().signal),
    /iterable/,
  )
})

test.run()
