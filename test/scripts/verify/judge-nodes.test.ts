// The same of nodes: their settings, listeners, sshd and files.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { openPorts } from '../../../cluster/port-matrix.ts'
import type { Answer } from '../../../scripts/verify/judge.ts'
import { parseListening } from '../../../scripts/verify/probes/nodes/firewall.ts'
import { judgeReads } from '../../../scripts/verify/probes/nodes/host.ts'
import { judgeConnect } from '../../../scripts/verify/probes/nodes/kubelet.ts'
import { judgeListeners, judgeLoopback, parseListeners } from '../../../scripts/verify/probes/nodes/ports.ts'
import { judgeLoaded, loadedHash } from '../../../scripts/verify/probes/nodes/settings.ts'
import { judgeAlgorithm, judgeMethods, judgeSshd } from '../../../scripts/verify/probes/nodes/sshd.ts'
import { sshdSettings } from '../../../templates/controls/host-sshd.ts'
import { answer, where } from './answers.ts'
import { fakeEnv } from './fakes.ts'

const metric = 'apiserver_authentication_config_controller_last_config_info'
const id = 'f'.repeat(64)
const hash = 'c'.repeat(64)
const metrics = `# HELP ${metric} x\n${metric}{apiserver_id_hash="sha256:${id}",hash="sha256:${hash}"} 1\n`

test('the hash of a loaded file is the file’s, not the server’s own', () => {
  assert.equal(loadedHash(metrics, metric), hash)
  assert.equal(loadedHash(metrics, 'other'), undefined)
  const verdict = (given: Answer, rendered: string | undefined) =>
    judgeLoaded(where, '/x', given, metric, rendered).verdict
  assert.equal(verdict(answer(200, metrics), hash), 'pass')
  assert.equal(verdict(answer(200, metrics), id), 'fail')
  assert.equal(verdict(answer(200, ''), hash), 'unknown')
  assert.equal(verdict(answer(403), hash), 'unknown')
  assert.equal(verdict(answer(200, metrics), undefined), 'unknown')
})

// /proc/net/tcp and tcp6 as a node shows them: 127.0.0.1:10257, *:22, [::]:10250, [::1]:10248, ::ffff:127.0.0.1:2381, and a connection.
const sockets = `  sl  local_address rem_address   st tx_queue
   0: 0100007F:2811 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   2: 0B004D0A:192B 0C004D0A:C001 01 00000000:00000000 00:00000000 00000000     0        0 1 1
   0: 00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A 00000000:00000000 0
   1: 00000000000000000000000001000000:2808 00000000000000000000000000000000:0000 0A 00000000:00000000 0
   2: 0000000000000000FFFF00000100007F:094D 00000000000000000000000000000000:0000 0A 00000000:00000000 0
`
test('listeners: what is open to the network and what to the node only', () => {
  assert.deepEqual(parseListeners(sockets), [
    { loopback: true, port: 10257 },
    { loopback: false, port: 22 },
    { loopback: false, port: 10250 },
    { loopback: true, port: 10248 },
    { loopback: true, port: 2381 },
  ])
  const verdict = (stdout: string, code = 0) =>
    judgeListeners('node w1', { code, stdout }, openPorts(fakeEnv().model, 'worker')).verdict
  assert.equal(verdict(sockets), 'pass')
  assert.equal(verdict(`${sockets}   3: 00000000:280F 00000000:0000 0A 0\n`), 'fail')
  assert.equal(verdict('', 0), 'unknown')
  assert.equal(verdict(sockets, 1), 'unknown')
})

test('loopback ports: open on the node alone, whatever a firewall hides', () => {
  const listeners = parseListeners(sockets)
  const verdict = (port: number) => judgeLoopback('node cp1', port, listeners).verdict
  assert.equal(verdict(10257), 'pass')
  assert.equal(verdict(10250), 'fail')
  assert.equal(verdict(10259), 'unknown')
})

test('a stray listener is taken at its word only for the ports that were asked for', () => {
  const parse = (stdout: string) => parseListening({ code: 0, stdout })
  assert.deepEqual(parse('812 28411\n'), { pid: '812', port: 28411 })
  for (const text of ['', '812 22\n', '-1 28411\n', '1 28411\n2 28411\n', '812; reboot 28411\n'])
    assert.equal(parse(text), undefined, text)
})

test('a port that nobody should listen on, asked of the node itself', () => {
  const verdict = (stdout: string) => judgeConnect('node w1', 10255, { code: 0, stdout }).verdict
  assert.deepEqual([verdict('refused\n'), verdict('open\n'), verdict('')], ['pass', 'fail', 'unknown'])
})

test('sshd: what a stranger is asked for', () => {
  const verdict = (line: string) => judgeMethods('node w1', line).verdict
  assert.equal(verdict('255 root@10.0.0.12: Permission denied (publickey).'), 'pass')
  assert.equal(verdict('255 root@10.0.0.12: Permission denied (publickey,gssapi-with-mic).'), 'pass')
  assert.equal(verdict('255 root@10.0.0.12: Permission denied (publickey,password).'), 'fail')
  assert.equal(verdict('255 root@10.0.0.12: Permission denied (publickey,keyboard-interactive).'), 'fail')
  assert.equal(verdict('0 '), 'fail')
  assert.equal(verdict('255 ssh: connect to host 10.0.0.12 port 22: Connection refused'), 'unknown')
  assert.equal(verdict(''), 'unknown')
})

test('sshd: algorithms it must not agree on', () => {
  const verdict = (line: string) => judgeAlgorithm('node w1', '-oCiphers=aes128-cbc', line).verdict
  const offer = 'Their offer: aes128-ctr,aes256-gcm@openssh.com'
  assert.equal(verdict(`255 Unable to negotiate with 10.0.0.12 port 22: no matching cipher found. ${offer}`), 'pass')
  assert.equal(verdict('255 root@10.0.0.12: Permission denied (publickey).'), 'fail')
  assert.equal(verdict('0 '), 'fail')
  assert.equal(verdict("255 command-line line 0: Bad SSH2 cipher spec 'aes128-cbc'."), 'unknown')
})

test('sshd: what its files say together', () => {
  const lines = Object.entries(sshdSettings).map(([name, value]) => `${name.toLowerCase()} ${value}`)
  const verdicts = (given: string[], code = 0) => [
    ...new Set(judgeSshd('node w1', { code, stdout: given.join('\n') }).map((one) => one.verdict)),
  ]
  assert.deepEqual(verdicts(lines), ['pass'])
  assert.deepEqual(verdicts(lines.map((line) => line.replace('prohibit-password', 'without-password'))), ['pass'])
  for (const line of lines) {
    assert.deepEqual(verdicts(lines.map((one) => (one === line ? `${one}x` : one))).sort(), ['fail', 'pass'], line)
    assert.deepEqual(verdicts(lines.filter((one) => one !== line)).sort(), ['pass', 'unknown'], line)
  }
  assert.deepEqual(verdicts(lines, 1), ['unknown'])
})

test('files that nobody may read: only a refusal after a file that everyone reads is one', () => {
  const verdict = (stdout: string, count = 2) => judgeReads('node w1', { code: 0, stdout }, count).verdict
  assert.equal(verdict('works\n'), 'pass')
  assert.equal(verdict('works\nread /etc/kubernetes/admin.conf\n'), 'fail')
  assert.equal(verdict('works\nmissing /x\nread /y\n'), 'fail')
  assert.equal(verdict('works\nmissing /etc/kubernetes/admin.conf\n'), 'unknown')
  assert.equal(verdict(''), 'unknown')
  assert.equal(verdict('read /etc/kubernetes/admin.conf\n'), 'unknown')
  assert.equal(verdict('works\n', 0), 'unknown')
})

test.run()
