import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { withLock } from '../../lib/lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'redoubt-lock-'))
const path = join(folder, '.lock')
test.after(() => rmSync(folder, { recursive: true }))
test.before.each(() => rmSync(path, { force: true }))

test('holds the lock while the work runs and gives its result', async () => {
  const result = await withLock(path, async () => readFileSync(path, 'utf8'))
  assert.equal(result, `${process.pid}\n`)
  assert.equal(existsSync(path), false)
})

test('is gone after work that failed', async () => {
  await assert.rejects(
    withLock(path, async () => assert.fail('work')),
    /work/,
  )
  assert.equal(existsSync(path), false)
})

test('a second holder is refused and named', async () => {
  await withLock(path, async () => {
    await assert.rejects(
      withLock(path, async () => assert.fail('entered')),
      { code: 'failed', message: `process ${process.pid} is at work here` },
    )
  })
})

const dead = String(spawnSync('true').pid)
for (const content of [dead, '', 'rubbish', '-1', '0'])
  test(`a lock that says ${JSON.stringify(content === dead ? 'a process that ended' : content)} is taken over`, async () => {
    writeFileSync(path, content)
    assert.equal(await withLock(path, async () => 'done'), 'done')
    assert.equal(existsSync(path), false)
  })

test.run()
