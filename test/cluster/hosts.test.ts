import * as assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { loadHosts } from '../../cluster/hosts.ts'
import { RedoubtError } from '../../lib/errors.ts'

const good = readFileSync('test/fixtures/hosts.yaml', 'utf8')

function load(text: string) {
  const path = join(mkdtempSync(join(tmpdir(), 'redoubt-test-')), 'hosts.yaml')
  writeFileSync(path, text)
  return loadHosts(path)
}

const key = 'SHA256:0000000000000000000000000000000000000000001'
const bad: [name: string, from: string, to: string][] = [
  ['a host key that would make ssh accept any', key, 'new'],
  ['a host key of several words', key, `"${key} x y"`],
  ['an MTU that no network has', 'mtu: 1500', 'mtu: -1.5'],
  ['an endless MTU', 'mtu: 1500', 'mtu: .inf'],
  ['an interface of two lines', 'interface: host0', 'interface: "a\\nb"'],
  ['terminal codes', 'kernel: 6.18.0', 'kernel: "\\e]0;x\\a"'],
]
for (const [name, from, to] of bad)
  test(`${name} is refused at its line`, async () => {
    assert.ok(good.includes(from))
    await assert.rejects(load(good.replace(from, to)), (error) => {
      assert.ok(error instanceof RedoubtError)
      assert.equal(error.code, 'usage')
      assert.match(error.where ?? '', /hosts\.yaml:\d+:\d+$/)
      return true
    })
  })

test('a node that was not surveyed is unknown, whatever it is called', async () => {
  const { hosts } = await load(good)
  assert.equal(hosts.cp1?.facts.mtu, 1500)
  assert.equal(hosts.constructor, undefined)
})

test.run()
