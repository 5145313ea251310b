import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { openSsh, type SshSettings, sshOptions } from '../../scripts/ssh/ssh.ts'
import { createShell } from '../../scripts/ssh/transport.ts'

const settings: SshSettings = { node: 'cp1', address: '10.0.0.11', user: 'root', port: 22, hostKey: 'new' }

const paths: { folder: string; quoted: string }[] = [
  { folder: '/run/x', quoted: '/run/x' },
  { folder: '/a b', quoted: '/a b' },
  { folder: '/100%h', quoted: '/100%%h' },
  { folder: '/a"b', quoted: '/a\\"b' },
  { folder: "/it's", quoted: "/it's" },
  { folder: '/a\\b', quoted: '/a\\\\b' },
  { folder: '/$HOME', quoted: '/$HOME' },
]
for (const { folder, quoted } of paths)
  test(`every path below ${folder} is one word to ssh`, () => {
    const options = sshOptions({ ...settings, key: `${folder}/key` }, folder)
    for (const wanted of [
      `ControlPath="${quoted}/socket"`,
      `UserKnownHostsFile="${quoted}/known_hosts" ~/.ssh/known_hosts`,
      `IdentityFile="${quoted}/key"`,
      `KnownHostsCommand=/bin/sh "${quoted}/hostkey" "${quoted}/hostkey" new %f %H %t %K`,
    ])
      assert.ok(options.includes(wanted), `${wanted} in ${options.join('\n')}`)
  })

// As a file name it is legal, to ssh it is always a variable: there is no way to quote it.
const refused: { name: string; folder: string; key?: string; where: string }[] = [
  { name: 'a variable in the folder', folder: `/\${HOME}`, where: `/\${HOME}/hostkey` },
  { name: 'a variable in the key', folder: '/run/x', key: `/ws/\${x}/key`, where: `/ws/\${x}/key` },
  { name: 'a folder too long for a socket', folder: `/${'ü'.repeat(42)}`, where: `/${'ü'.repeat(42)}/socket` },
]
for (const { name, folder, key, where } of refused)
  test(`${name} is refused by its path`, () => {
    assert.throws(() => sshOptions({ ...settings, ...(key ? { key } : {}) }, folder), { code: 'usage', where })
  })

const folder = mkdtempSync(join(tmpdir(), 'redoubt-test-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))
writeFileSync(join(folder, 'file'), '')

/** Runs `work` with these variables, and puts back those that were there. */
async function withVariables(variables: Record<string, string>, work: () => Promise<void>): Promise<void> {
  const { PATH = '', TMPDIR = '', XDG_RUNTIME_DIR = '' } = process.env
  Object.assign(process.env, { XDG_RUNTIME_DIR: '' }, variables)
  await work().finally(() => Object.assign(process.env, { PATH, TMPDIR, XDG_RUNTIME_DIR }))
}

const unwritable: { name: string; variable: string; path: string; why: RegExp }[] = [
  { name: 'that is not there', variable: 'TMPDIR', path: join(folder, 'gone'), why: /ENOENT/ },
  { name: 'that is a file', variable: 'TMPDIR', path: join(folder, 'file'), why: /ENOTDIR/ },
  { name: 'of a session that ended', variable: 'XDG_RUNTIME_DIR', path: join(folder, 'gone'), why: /ENOENT/ },
]
for (const { name, variable, path, why } of unwritable)
  test(`a folder for temporary files ${name} is named with its variable`, () =>
    withVariables({ [variable]: path }, () =>
      assert.rejects(openSsh(settings), { code: 'failed', where: path, message: why, hint: new RegExp(variable) }),
    ))

test('survey leaves nothing in a TMPDIR that is full, and names it', () => {
  cpSync('test/fixtures/redoubt.yaml', join(folder, 'redoubt.yaml'))
  const full = join(folder, 'full')
  mkdirSync(full)
  // As on a full disk, folders can be made and no file gets a byte.
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -f 0; exec "$0" scripts/main.ts survey -w "$1"', process.execPath, folder],
    { env: { PATH: process.env.PATH, TMPDIR: full, NO_COLOR: '1' }, encoding: 'utf8' },
  )
  assert.equal(status, 1, stderr)
  assert.match(stderr, new RegExp(`^error: ${full}: temporary files cannot be written here: EFBIG.*\\n.*TMPDIR`))
  assert.deepEqual(readdirSync(full), [])
})

test('a host key that could not be kept is no host key', async () => {
  writeFileSync(join(folder, 'ssh'), '#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
  chmodSync(join(folder, 'ssh'), 0o755)
  await withVariables({ PATH: `${folder}:${process.env.PATH}` }, async () => {
    const shell = createShell('cp1', await openSsh(settings))
    assert.equal((await shell.run('echo in')).stdout, 'in\n')
    await assert.rejects(shell.hostKey(), { code: 'failed', message: /could not be kept/ })
    await shell.close()
  })
})

test.run()
