// The same of Secrets in etcd and of the audit log.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import type { Check } from '../../../scripts/verify/probe.ts'
import * as audit from '../../../scripts/verify/probes/data/audit.ts'
import * as encryption from '../../../scripts/verify/probes/data/encryption.ts'

const secretbox = Buffer.concat([Buffer.from('k8s:enc:secretbox:v1:key1:'), Buffer.from([1, 2, 3, 250])])
const canaries: [number, Buffer, Check['verdict']][] = [
  [0, secretbox, 'pass'],
  [0, Buffer.from('k8s\0\n\f\n\x02v1\x12\x06Secret\x12 redoubt-canary-1'), 'fail'],
  [0, Buffer.from('k8s\0\n\f\n\x02v1\x12\x06Secret, text elsewhere'), 'fail'],
  // identity is no encryption, whatever its prefix
  [0, Buffer.from('k8s:enc:identity:v1:'), 'fail'],
  [0, Buffer.concat([secretbox, Buffer.from('redoubt-canary-1')]), 'fail'],
  [0, Buffer.of(), 'unknown'],
  [1, Buffer.of(), 'unknown'],
]
test('a Secret’s raw value: prefix there and text absent', () => {
  for (const [code, raw, verdict] of canaries) {
    const given = { code, stdout: raw.toString('base64') }
    assert.equal(encryption.judgeCanary('node cp1', given, 'redoubt-canary-1').verdict, verdict, raw.toString('latin1'))
  }
})

const hex = Buffer.from('k8s:enc:secretbox:v1:key').toString('hex')
test('every Secret is encrypted; one that is not is named, without its value', () => {
  const verdict = (stdout: string, code = 0) => encryption.judgePrefixes('node cp1', { code, stdout })
  assert.equal(verdict(`/registry/secrets/a/b ${hex}\n/registry/secrets/a/c ${hex}\n`).verdict, 'pass')
  const bad = verdict(`/registry/secrets/a/b ${hex}\n/registry/secrets/a/c 6b38730a0c0a02\n/registry/secrets/a/d \n`)
  assert.equal(bad.verdict, 'fail')
  assert.equal(bad.saw, '2 of 3 not encrypted: /registry/secrets/a/c /registry/secrets/a/d')
  assert.equal(verdict('').verdict, 'unknown')
  assert.equal(verdict(`/registry/secrets/a/b ${hex}\n`, 1).verdict, 'unknown')
})

const event = (username: string, groups: string[], verb = 'list') =>
  JSON.stringify({
    kind: 'Event',
    level: 'Metadata',
    verb,
    requestURI: '/api/v1/x',
    user: { username, groups },
    responseStatus: { code: 403 },
  })
const events: [{ code: number; stdout: string }, Check['verdict']][] = [
  [{ code: 0, stdout: `${event('u', ['g', 'system:authenticated'])}\n` }, 'pass'],
  [{ code: 0, stdout: `${event('u', ['system:authenticated'])}\n` }, 'fail'],
  [{ code: 0, stdout: `${event('v', ['g'])}\n` }, 'fail'],
  [{ code: 0, stdout: 'half an ev' }, 'fail'],
  [{ code: 0, stdout: '' }, 'fail'],
  [{ code: 2, stdout: '' }, 'fail'],
]
test('an audit event names user and group', () => {
  for (const [given, verdict] of events)
    assert.equal(audit.judgeCanary('node cp1', given, 'u', 'g').verdict, verdict, given.stdout)
})

test('a Secret’s creation is logged, its text is not', () => {
  const created = { code: 0, stdout: `${event('redoubt:verifier', [], 'create')}\n` }
  const none = { code: 0, stdout: '' }
  assert.equal(audit.judgeBody('node cp1', created, none).verdict, 'pass')
  assert.equal(audit.judgeBody('node cp1', created, { code: 0, stdout: '{"requestObject":...}' }).verdict, 'fail')
  assert.equal(audit.judgeBody('node cp1', none, none).verdict, 'fail')
  assert.equal(audit.judgeBody('node cp1', { code: 2, stdout: '' }, none).verdict, 'fail')
})

const modes: [string, Check['verdict'][]][] = [
  ['750 root:root /var/log/kubernetes/audit\n600 root:root /var/log/kubernetes/audit/audit.log\n', ['pass', 'pass']],
  ['700 root:root /a\n644 root:root /a/audit.log\n', ['pass', 'fail']],
  ['700 root:root /a\n660 root:adm /a/audit.log\n', ['pass', 'fail']],
  ['700 nobody:root /a\n', ['fail']],
  ['', ['unknown']],
]
test('the audit log is root’s and closed', () => {
  for (const [stdout, verdicts] of modes)
    assert.deepEqual(
      audit.judgeModes('node cp1', { code: 0, stdout }).map((one) => one.verdict),
      verdicts,
      stdout,
    )
  assert.deepEqual(
    audit.judgeModes('node cp1', { code: 2, stdout: '' }).map((one) => one.verdict),
    ['fail'],
  )
})

test.run()
