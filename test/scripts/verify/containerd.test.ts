// containerd: how its configuration is read, and what its sockets and pulls are taken for.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { judgeContainerd, tomlScalars } from '../../../scripts/verify/attest/containerd.ts'
import type { NodeView } from '../../../scripts/verify/attest/view.ts'
import { judgePull, judgeSockets } from '../../../scripts/verify/probes/nodes/containerd.ts'

const dump = `version = 3
imports = ['/etc/containerd/conf.d/*.toml']

[grpc]
  address = '/run/containerd/containerd.sock'
  tcp_address = ''
  gid = 0

[plugins.'io.containerd.grpc.v1.cri']
  gid = 7

[debug]
  address = "/run/debug.sock"
`

test('scalars of plain tables, whichever quotes', () => {
  assert.deepEqual(
    [...tomlScalars(dump)],
    [
      ['version', '3'],
      ['grpc.address', '/run/containerd/containerd.sock'],
      ['grpc.tcp_address', ''],
      ['grpc.gid', '0'],
      ['debug.address', '/run/debug.sock'],
    ],
  )
})

test('what is set is held against the merged configuration; what it does not say is zero', () => {
  const verdict = (containerd: NodeView['containerd'], path: string, wanted: unknown) =>
    judgeContainerd({ where: 'node w1', containerd } as NodeView, { [path]: wanted })[0]?.verdict
  const config = { config: tomlScalars(dump) }
  assert.equal(verdict(config, 'grpc.gid', 0), 'pass')
  assert.equal(verdict(config, 'grpc.uid', 0), 'pass')
  assert.equal(verdict(config, 'grpc.uid', 5), 'fail')
  assert.equal(verdict(config, 'debug.address', ''), 'fail')
  assert.equal(verdict({ unknown: 'no answer' }, 'grpc.gid', 0), 'unknown')
})

const closed = '660 root:root /run/c.sock\n660 root:root /run/c.sock.ttrpc\nprocess\n'
const row = (address: string, port: string) =>
  `  9: ${address}:${port} 00000000:0000 0A 00000000:00000000 00:00000000\n`
const stream = row('0100007F', '8887')
const answers: { name: string; stdout: string; expected: string[] }[] = [
  { name: 'closed', stdout: closed + stream, expected: ['pass', 'pass'] },
  { name: 'a group may', stdout: closed.replace('root:root', 'root:docker') + stream, expected: ['fail', 'pass'] },
  { name: 'everybody may', stdout: closed.replace('660', '666') + stream, expected: ['fail', 'pass'] },
  { name: 'a second on loopback', stdout: closed + stream + row('0100007F', '271A'), expected: ['pass', 'fail'] },
  { name: 'to the network', stdout: closed + row('00000000', '271A'), expected: ['pass', 'fail'] },
  { name: 'not running', stdout: '', expected: ['unknown', 'unknown'] },
]
for (const { name, stdout, expected } of answers)
  test(`sockets: ${name}`, () => {
    assert.deepEqual(
      judgeSockets('node w1', { code: 0, stdout }).map((check) => check.verdict),
      expected,
    )
  })

test('a pull: where it was asked', () => {
  const at = "config_path = '/etc/containerd/certs.d'\n"
  const verdicts = (said: string, loaded = at) =>
    judgePull('node w1', { code: 0, stdout: `${said}\n${loaded}` }).map((check) => check.verdict)
  const head = 'ctr: failed to do request: Head "https://127.0.0.1:1/v2/": '
  assert.deepEqual(verdicts(`${head}dial tcp 127.0.0.1:1: connect: connection refused`), ['pass', 'pass'])
  assert.deepEqual(verdicts(`${head}dial tcp 127.0.0.1:1: connect: connection refused`, ''), ['pass', 'fail'])
  assert.deepEqual(verdicts('ctr: Head: dial tcp: lookup registry.redoubt.invalid: no such host'), ['fail', 'pass'])
  assert.deepEqual(verdicts('ctr: dial tcp 127.0.0.1:10: connect: connection refused'), ['fail', 'pass'])
  assert.deepEqual(verdicts('sh: ctr: not found'), ['unknown', 'pass'])
  assert.deepEqual(verdicts(''), ['unknown', 'pass'])
})

test.run()
