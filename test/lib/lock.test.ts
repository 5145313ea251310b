import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
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
    withLock(path, async () => assert.fail('broken')),
    /broken/,
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
    utimesSync(path, 0, 0)
    assert.equal(await withLock(path, async () => 'done'), 'done')
    assert.equal(existsSync(path), false)
  })

test('a lock that was made and is yet to be written is another process’s', async () => {
  writeFileSync(path, '')
  await assert.rejects(
    withLock(path, async () => assert.fail('entered')),
    { code: 'failed', message: 'another process is taking this lock' },
  )
  assert.ok(existsSync(path))
})

/** Runs `others` around each reading of a lock: what other processes do at that moment. */
async function whileReading(others: { before?: () => void; after: () => void }[], run: () => Promise<void>) {
  const { readFile } = fs
  fs.readFile = (async (...args: Parameters<typeof readFile>) => {
    const other = others.shift()
    other?.before?.()
    return await readFile(...args).finally(() => other?.after())
  }) as typeof readFile
  syncBuiltinESMExports()
  try {
    await run()
  } finally {
    fs.readFile = readFile
    syncBuiltinESMExports()
  }
}

test('a dead lock that another process takes over at the same moment stays with that one', async () => {
  writeFileSync(path, dead)
  const takeOver = () => writeFileSync(path, `${process.ppid}\n`)
  // A third one looks in meanwhile: there is always a lock.
  const third = { before: () => assert.ok(existsSync(path)), after: () => assert.ok(existsSync(path)) }
  await whileReading([{ after: takeOver }, third, third], () =>
    assert.rejects(
      withLock(path, async () => assert.fail('entered')),
      { message: `process ${process.ppid} is at work here` },
    ),
  )
  assert.equal(readFileSync(path, 'utf8'), `${process.ppid}\n`)
  assert.deepEqual(readdirSync(folder), ['.lock'])
})

test('a dead lock that is gone when it is to be deleted may be another’s by then', async () => {
  writeFileSync(path, dead)
  const gone = () => rmSync(path)
  const taken = () => writeFileSync(path, `${process.ppid}\n`)
  await whileReading([{ after: gone }, { after: taken }], () =>
    assert.rejects(
      withLock(path, async () => assert.fail('entered')),
      { message: 'another process took this lock' },
    ),
  )
  assert.equal(readFileSync(path, 'utf8'), `${process.ppid}\n`)
  assert.deepEqual(readdirSync(folder), ['.lock'])
})

test('a process that died while it took over a dead lock leaves nothing for ever', async () => {
  for (const name of [path, `${path}.dead`, `${path}.dead.dead`]) writeFileSync(name, dead)
  assert.equal(await withLock(path, async () => 'done'), 'done')
  assert.deepEqual(readdirSync(folder), [])
})

test('a file system without links (FAT, exFAT) has locks too', async () => {
  const { link } = fs
  // As the kernel's own file systems, and as those of FUSE and CIFS say it.
  for (const code of ['EPERM', 'ENOSYS', 'EOPNOTSUPP']) {
    fs.link = async () => {
      throw Object.assign(new Error(`${code}: link`), { code })
    }
    syncBuiltinESMExports()
    try {
      await withLock(path, async () => {
        assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
        await assert.rejects(
          withLock(path, async () => assert.fail('entered')),
          { message: `process ${process.pid} is at work here` },
        )
      })
      writeFileSync(path, dead)
      assert.equal(await withLock(path, async () => 'done'), 'done')
      assert.deepEqual(readdirSync(folder), [])
    } finally {
      fs.link = link
      syncBuiltinESMExports()
    }
  }
})

test.run()
