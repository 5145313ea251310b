import * as assert from 'node:assert/strict'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { RedoubtError } from '../../lib/errors.ts'
import { ensureFolder, exists, listFiles, readBytes, readText, throwWriteError, writeAtomic } from '../../lib/files.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'redoubt-test-'))

test('writeAtomic sets the mode whatever the umask, and leaves nothing beside the file', async () => {
  const path = join(folder(), 'key')
  const umask = process.umask(0)
  await writeAtomic(path, 'secret', 0o600)
  process.umask(umask)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(readFileSync(path, 'utf8'), 'secret')
  assert.deepEqual(readdirSync(join(path, '..')), ['key'])
})

test('writeAtomic replaces a file whole, and a link by a file', async () => {
  const at = folder()
  writeFileSync(join(at, 'elsewhere'), 'untouched')
  symlinkSync(join(at, 'elsewhere'), join(at, 'link'))
  await writeAtomic(join(at, 'link'), 'new')
  assert.equal(readFileSync(join(at, 'elsewhere'), 'utf8'), 'untouched')
  assert.equal(readFileSync(join(at, 'link'), 'utf8'), 'new')
})

test('a failed write leaves nothing and says where', async () => {
  const at = folder()
  await ensureFolder(join(at, 'taken'))
  await assert.rejects(writeAtomic(join(at, 'taken'), 'x'))
  await assert.rejects(writeAtomic(join(at, 'none', 'file'), 'x'), /folder does not exist/)
  assert.deepEqual(readdirSync(at), ['taken'])
})

test('a full disk and a missing right are errors with a remedy', () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS']) {
    const cause = Object.assign(new Error(code), { code })
    assert.throws(
      () => throwWriteError(cause, '/x'),
      (error) =>
        error instanceof RedoubtError && error.code === 'failed' && error.hint !== undefined && error.where === '/x',
    )
  }
})

test('readText names a missing file and the remedy', async () => {
  await assert.rejects(
    readText('/nonexistent/a', 'Make it.'),
    (error) => error instanceof RedoubtError && error.where === '/nonexistent/a' && error.hint === 'Make it.',
  )
})

test('listFiles is sorted and does not follow links', async () => {
  const at = folder()
  await ensureFolder(join(at, 'b'))
  writeFileSync(join(at, 'b', 'x'), '')
  writeFileSync(join(at, 'Z'), '')
  writeFileSync(join(at, 'a'), '')
  symlinkSync(at, join(at, 'loop'))
  assert.deepEqual(await listFiles(at), ['Z', 'a', 'b/x', 'loop'])
})

test('ensureFolder tightens the mode of a folder that was there', async () => {
  const at = folder()
  chmodSync(at, 0o777)
  await ensureFolder(at, 0o700)
  assert.equal(statSync(at).mode & 0o777, 0o700)
  assert.equal(await exists(join(at, 'nothing')), false)
})

test('what is no file of a sensible size is refused, not waited for', async () => {
  const at = folder()
  symlinkSync('loop', join(at, 'loop'))
  symlinkSync('/dev/zero', join(at, 'device'))
  writeFileSync(join(at, 'giant'), '')
  truncateSync(join(at, 'giant'), 65 << 20)
  for (const [name, message] of [
    ['loop', /leads back to itself/],
    ['device', /no regular file/],
    ['giant', /at most 67108864/],
  ] as const)
    for (const read of [readText, readBytes])
      await assert.rejects(read(join(at, name)), (error) => {
        assert.ok(error instanceof RedoubtError)
        assert.equal(error.code, 'usage')
        assert.match(error.message, message)
        return true
      })
  writeFileSync(join(at, 'file'), '')
  await assert.rejects(ensureFolder(join(at, 'file')), (error) => error instanceof RedoubtError)
  await assert.rejects(ensureFolder(join(at, 'file', 'below')), (error) => error instanceof RedoubtError)
})

test.run()
