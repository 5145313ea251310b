import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { adopt, cachedPath, openCache } from '../../../../bundles/cache.ts'
import { programOf, userlandOf } from '../../../../bundles/sources/debian/deb-files.ts'
import type { DebPackage } from '../../../../cluster/lock.ts'
import { temporary } from '../../small.ts'

const signal = new AbortController().signal
const cache = await openCache(join(temporary, 'debs'))
const hasDpkg = execFileSync('sh', ['-c', 'command -v dpkg-deb || true'], { encoding: 'utf8' }) !== ''

/** A real package of a few files, in the cache. */
async function makeDeb(name: string, fill: (root: string) => void): Promise<DebPackage> {
  const root = join(temporary, `deb-${name}`)
  mkdirSync(join(root, 'DEBIAN'), { recursive: true })
  writeFileSync(
    join(root, 'DEBIAN/control'),
    `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: test\n`,
  )
  fill(root)
  const file = join(temporary, `${name}.deb`)
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', root, file], { stdio: 'ignore' })
  return { name, version: '1', architecture: 'all', ...(await adopt(cache, file)) }
}

function put(root: string, path: string, text: string, mode = 0o644): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), text)
  chmodSync(join(root, path), mode)
}

if (!hasDpkg)
  test('without dpkg-deb the error says where it comes from', async () => {
    writeFileSync(join(temporary, 'x.deb'), 'x')
    const deb = { name: 'x', version: '1', architecture: 'all', ...(await adopt(cache, join(temporary, 'x.deb'))) }
    await assert.rejects(programOf(cache, deb, '/x', signal), { code: 'failed', hint: /package `dpkg`/ })
  })
else {
  test('one program is taken out; a path that is not there is named', async () => {
    const deb = await makeDeb('one', (root) => put(root, 'usr/sbin/tool', 'program', 0o755))
    const program = await programOf(cache, deb, '/usr/sbin/tool', signal)
    assert.equal(readFileSync(cachedPath(cache, program.digest), 'utf8'), 'program')
    assert.deepEqual(await programOf(cache, deb, '/usr/sbin/tool', signal), program)
    await assert.rejects(programOf(cache, deb, '/usr/bin/tool', signal), {
      code: 'integrity',
      message: 'one 1 has no file /usr/bin/tool',
    })
  })

  test('the files of several packages become one row of entries: no manuals, no setuid, folders once', async () => {
    const debs = [
      await makeDeb('first', (root) => {
        put(root, 'usr/bin/first', 'a'.repeat(700), 0o4755)
        put(root, 'usr/share/doc/first/changelog', 'long')
        put(root, 'usr/share/doc/first/copyright', 'mine')
        put(root, 'usr/share/man/man1/first.1', 'long')
        symlinkSync('first', join(root, 'usr/bin/alias'))
      }),
      await makeDeb('second', (root) => put(root, 'usr/bin/second', '')),
    ]
    const body = await userlandOf(cache, debs, signal)
    const tar = join(temporary, 'userland.tar')
    writeFileSync(tar, Buffer.concat([readFileSync(cachedPath(cache, body.digest)), Buffer.alloc(1024)]))
    const listed = execFileSync('tar', ['-tvf', tar], { encoding: 'utf8' }).trim().split('\n')
    const entries = listed.map((line) => `${line.slice(0, 10)} ${line.replace(/^.* \d\d:\d\d /, '')}`)
    assert.deepEqual(entries.slice().sort(), [
      '-rw-r--r-- usr/bin/second',
      '-rw-r--r-- usr/share/doc/first/copyright',
      '-rwxr-xr-x usr/bin/first',
      'drwxr-xr-x usr/',
      'drwxr-xr-x usr/bin/',
      'drwxr-xr-x usr/share/',
      'drwxr-xr-x usr/share/doc/',
      'drwxr-xr-x usr/share/man/',
      'lrwxrwxrwx usr/bin/alias -> first',
    ])
  })

  test('a hard link, and two packages with the same file, are refused', async () => {
    const linked = await makeDeb('linked', (root) => {
      put(root, 'usr/bin/a', 'x')
      linkSync(join(root, 'usr/bin/a'), join(root, 'usr/bin/b'))
    })
    await assert.rejects(userlandOf(cache, [linked], signal), { code: 'integrity', message: /is a Link/ })
    const twins = [
      await makeDeb('t1', (root) => put(root, 'x', '1')),
      await makeDeb('t2', (root) => put(root, 'x', '2')),
    ]
    await assert.rejects(userlandOf(cache, twins, signal), {
      code: 'integrity',
      message: 't2: x is in another package too',
    })
  })

  test('a damaged package is removed from the cache and said so', async () => {
    const deb = await makeDeb('damaged', (root) => put(root, 'usr/bin/tool', 'program'))
    const path = cachedPath(cache, deb.digest)
    writeFileSync(path, Buffer.alloc(deb.size))
    await assert.rejects(programOf(cache, deb, '/usr/bin/tool', signal), {
      code: 'failed',
      message: /was damaged and is removed/,
    })
    assert.throws(() => readFileSync(path), { code: 'ENOENT' })
  })
}

test.run()
