import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { type SshSettings, sshOptions } from '../../scripts/ssh/ssh.ts'

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

test.run()
