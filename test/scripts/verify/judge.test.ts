// Recorded answers, of a hardened cluster and of one whose control was off, to the functions that judge them.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import type { Lock } from '../../../cluster/lock.ts'
import { openPorts } from '../../../cluster/port-matrix.ts'
import { type Answer, describeAnswer, judgeStatus, judgeWorthless } from '../../../scripts/verify/judge.ts'
import type { Check } from '../../../scripts/verify/probe.ts'
import * as audit from '../../../scripts/verify/probes/audit.ts'
import { judgeLabel } from '../../../scripts/verify/probes/authorization.ts'
import { judgeConfined } from '../../../scripts/verify/probes/confinement.ts'
import * as encryption from '../../../scripts/verify/probes/encryption.ts'
import { leafOf } from '../../../scripts/verify/probes/etcd.ts'
import { parseListening } from '../../../scripts/verify/probes/firewall.ts'
import { judgeConfigz, judgeConnect } from '../../../scripts/verify/probes/kubelet.ts'
import { judgeListeners, judgeLoopback, parseListeners } from '../../../scripts/verify/probes/ports.ts'
import { judgeLoaded, loadedHash } from '../../../scripts/verify/probes/settings.ts'
import { judgeAlgorithm, judgeMethods, judgeSshd } from '../../../scripts/verify/probes/sshd.ts'
import { claims, forge, judgeLifetime, tamper, unsign } from '../../../scripts/verify/probes/tokens.ts'
import { judgeDenied, judgeWho } from '../../../scripts/verify/probes/who.ts'
import { judgeImages, onlyLeaving } from '../../../scripts/verify/probes/workloads.ts'
import { judgeNodes, judgeReached } from '../../../scripts/verify/probes/works.ts'
import { sshdSettings } from '../../../templates/controls/host-sshd.ts'

function answer(status: number, body: unknown = ''): Answer {
  return { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) }
}
const status = (code: number, message: string) => answer(code, { kind: 'Status', code, message })
const nothing: Answer = { status: 0, error: 'connect ECONNREFUSED' }
const where = 'https://10.77.0.11:6443'

const forbidden = 'pods "x" is forbidden: violates PodSecurity "restricted:v1.36": privileged'
const statuses: [Answer, number[], string | undefined, Check['verdict']][] = [
  [status(401, 'Unauthorized'), [401], undefined, 'pass'],
  [answer(200, { kind: 'NodeList' }), [401], undefined, 'fail'],
  [status(403, forbidden), [403], 'violates PodSecurity', 'pass'],
  // Refused, but for another reason: the control was not seen.
  [status(403, 'pods is forbidden: User "x" cannot create'), [403], 'violates PodSecurity', 'fail'],
  [answer(201, { kind: 'Pod' }), [403], 'violates PodSecurity', 'fail'],
  [status(500, 'etcdserver: request timed out'), [401], undefined, 'unknown'],
  [status(429, 'too many requests'), [401, 403], undefined, 'unknown'],
  [answer(503), [200], undefined, 'unknown'],
  [nothing, [401], undefined, 'unknown'],
]
test('statuses: what a server has not decided is unknown', () => {
  for (const [given, expected, text, verdict] of statuses)
    assert.equal(judgeStatus(where, 'x', given, expected, text).verdict, verdict, describeAnswer(given))
})

test('evidence never shows what was handed out', () => {
  const leaked = answer(200, { kind: 'SecretList', items: [{ data: { password: 'aHVudGVyMg==' } }] })
  assert.equal(describeAnswer(leaked), '200 SecretList')
  assert.equal(describeAnswer(answer(200, `text ${'x'.repeat(50)}`)), '200 (55 bytes)')
  assert.equal(describeAnswer(answer(200, 'ok')), '200 (2 bytes)')
  assert.equal(describeAnswer(answer(200, 'hunter2')), '200 (7 bytes)')
  assert.equal(describeAnswer(answer(200, '"häkchen"')), '200 (10 bytes)')
  assert.equal(describeAnswer(answer(200, '{"kind":"pass word: x"}')), '200 (23 bytes)')
  assert.equal(describeAnswer(status(401, 'Unauthorized')), '401 Unauthorized')
})

const ignored = 'selfsubjectreviews.authentication.k8s.io is forbidden: User "system:anonymous" cannot create resource'
const worthless: [Answer, Check['verdict']][] = [
  [status(401, 'Unauthorized'), 'pass'],
  [status(403, ignored), 'pass'],
  [status(403, 'forbidden: User "admin" cannot create resource'), 'fail'],
  [answer(201, { kind: 'SelfSubjectReview' }), 'fail'],
  [answer(201, { kind: 'SelfSubjectReview', status: { userInfo: { username: 'admin' } } }), 'fail'],
  // Anybody may do anything, but the credentials were ignored.
  [answer(201, { kind: 'SelfSubjectReview', status: { userInfo: { username: 'system:anonymous' } } }), 'pass'],
  [nothing, 'unknown'],
]
test('worthless credentials: 401, or taken for nobody', () => {
  for (const [given, verdict] of worthless)
    assert.equal(judgeWorthless(where, 'x', given).verdict, verdict, describeAnswer(given))
})

const review = (username: string, groups: string[]) =>
  answer(201, { kind: 'SelfSubjectReview', status: { userInfo: { username, groups } } })
test('a review names the expected user and no forbidden group', () => {
  const verdict = (given: Answer) => judgeWho(where, 'x', given, 'nobody', ['system:masters']).verdict
  assert.equal(verdict(review('nobody', ['system:authenticated'])), 'pass')
  assert.equal(verdict(review('kubernetes-admin', ['system:authenticated'])), 'fail')
  assert.equal(verdict(review('nobody', ['system:masters'])), 'fail')
  assert.equal(verdict(status(401, 'Unauthorized')), 'fail')
  assert.equal(verdict(answer(201, 'no JSON')), 'fail')
  assert.equal(verdict(nothing), 'unknown')
})

test('an access review: only a clear no passes', () => {
  const verdict = (given: Answer) => judgeDenied(where, 'x', given).verdict
  assert.equal(verdict(answer(201, { status: { allowed: false } })), 'pass')
  assert.equal(verdict(answer(201, { status: { allowed: true } })), 'fail')
  assert.equal(verdict(answer(201, { status: {} })), 'fail')
  assert.equal(verdict(status(403, 'forbidden')), 'unknown')
  assert.equal(verdict(nothing), 'unknown')
})

test('a label on another node: refused by NodeRestriction, allowed, or no such node', () => {
  const verdict = (given: Answer) => judgeLabel(where, 'x', given, [403], 'is not allowed to modify').verdict
  assert.equal(verdict(status(403, 'node "w1" is not allowed to modify node "cp1"')), 'pass')
  assert.equal(verdict(status(403, 'nodes "cp1" is forbidden')), 'fail')
  assert.equal(verdict(answer(200, { kind: 'Node' })), 'fail')
  assert.equal(verdict(status(404, 'nodes "cp1" not found')), 'unknown')
})

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

const digest = `sha256:${'a'.repeat(64)}`
const image = { name: 'redoubt.dev/x:v1', digest, size: 1 }
const names = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'etcd',
  'coredns',
  'pause',
  'agnhost',
]
const lock = {
  components: Object.fromEntries(names.map((name) => [name, { image: { ...image, name: `redoubt.dev/${name}:v1` } }])),
} as unknown as Lock
const pod = (name: string, imageID = `redoubt.dev/etcd@${digest}`) => ({
  metadata: { namespace: 'kube-system', name: 'etcd-cp1' },
  spec: { containers: [{ image: name }] },
  status: { containerStatuses: [{ imageID }] },
})
const images: [unknown[], Check['verdict']][] = [
  [[pod(`redoubt.dev/etcd@${digest}`)], 'pass'],
  [[pod(`redoubt.dev/etcd@${digest}`, '')], 'pass'], // not started yet
  [[pod('redoubt.dev/etcd:v1')], 'fail'],
  [[pod(`docker.io/etcd@${digest}`)], 'fail'],
  [[pod(`redoubt.dev/etcd@${digest}`, `redoubt.dev/etcd@sha256:${'b'.repeat(64)}`)], 'fail'],
  [[pod(`redoubt.dev/etcd@sha256:${'b'.repeat(64)}`)], 'fail'],
  [[], 'unknown'],
]
test('running images are the lock’s, by digest, and nothing else runs under their name', () => {
  for (const [items, verdict] of images)
    assert.equal(judgeImages(where, { items }, lock)[0]?.verdict, verdict, JSON.stringify(items))
})

test('a wrong image that is on its way out is waited for, one that stays is not', () => {
  const good = pod(`redoubt.dev/etcd@${digest}`)
  const bad = pod('redoubt.dev/etcd:v1')
  const going = { ...bad, metadata: { ...bad.metadata, deletionTimestamp: '2027-01-15T12:00:00Z' } }
  assert.equal(onlyLeaving({ items: [good, going] }, lock), true)
  assert.equal(onlyLeaving({ items: [good, bad, going] }, lock), false)
  assert.equal(onlyLeaving({ items: [going] }, lock), false)
})

const process = (name: string, given: Record<string, string> = {}) => {
  const zero = '0000000000000000'
  const all = {
    CapPrm: zero,
    CapEff: zero,
    CapBnd: zero,
    NoNewPrivs: '1',
    Seccomp: '2',
    Uid: '65532\t65532\t65532\t65532',
    ...given,
  }
  return `Name:\t${name}\n${Object.entries(all)
    .map(([key, value]) => `${key}:\t${value}\n`)
    .join('')}`
}
const processes: [string, Check['verdict']][] = [
  [process('pause', { Uid: '0 0 0 0' }) + process('agnhost'), 'pass'],
  [process('agnhost', { CapEff: '00000000a80425fb' }), 'fail'],
  [process('agnhost', { Seccomp: '0' }), 'fail'],
  [process('agnhost', { NoNewPrivs: '0' }), 'fail'],
  [process('agnhost', { Uid: '0\t0\t0\t0' }), 'fail'],
  [process('agnhost') + process('agnhost', { Uid: '65532\t0\t65532\t65532' }), 'fail'],
  ['Name:\tagnhost\n', 'fail'],
  [process('pause'), 'unknown'],
  ['', 'unknown'],
]
const user = { Uid: '65532 65532 65532 65532' }
test('a process of a pod as the kernel shows it', () => {
  for (const [stdout, verdict] of processes)
    assert.equal(judgeConfined('pod on w1', { code: 0, stdout }, 'agnhost', user).verdict, verdict, stdout)
})

test('a kubelet’s settings as /configz shows them', () => {
  const config = (kubeletconfig: unknown) => answer(200, { kubeletconfig })
  const verdicts = (given: Answer) =>
    judgeConfigz(where, given, { readOnlyPort: 0, enableProfilingHandler: false }).map((one) => one.verdict)
  assert.deepEqual(verdicts(config({ enableProfilingHandler: false })), ['pass', 'pass'])
  assert.deepEqual(verdicts(config({ readOnlyPort: 10255, enableProfilingHandler: true })), ['fail', 'fail'])
  assert.deepEqual(verdicts(config({})), ['pass', 'fail'])
  assert.deepEqual(verdicts(answer(403)), ['unknown', 'unknown'])
  assert.deepEqual(verdicts(nothing), ['unknown', 'unknown'])
})

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
    judgeListeners('node w1', { code, stdout }, openPorts('worker', 22)).verdict
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

test('tokens: changed, forged and unsigned ones keep their form', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${encode({ alg: 'ES256', kid: 'k' })}.${encode({ sub: 'a', iat: 1000, exp: 1600 })}.c2ln`
  assert.equal(claims(token).sub, 'a')
  assert.notEqual(claims(tamper(token)).sub, 'a')
  assert.equal(tamper(token).split('.')[2], 'c2ln')
  assert.deepEqual(claims(forge(token)), claims(token))
  assert.notEqual(forge(token).split('.')[2], 'c2ln')
  assert.match(unsign(token), /^[^.]+\.[^.]+\.$/)
  assert.equal(judgeLifetime(where, token, 600).verdict, 'pass')
  assert.equal(judgeLifetime(where, token, 599).verdict, 'fail')
  const year = `e30.${encode({ iat: 0, exp: 31536000 })}.x`
  assert.equal(judgeLifetime(where, year, 3607).verdict, 'fail')
  assert.equal(judgeLifetime(where, `e30.${encode({})}.x`, 3607).verdict, 'fail')
})

test('nodes: each of the spec is Ready and no other is there', () => {
  const node = (name: string, ready: string, disk = 'False') => ({
    metadata: { name },
    status: {
      conditions: [
        { type: 'DiskPressure', status: disk, reason: 'D' },
        { type: 'Ready', status: ready, reason: 'R' },
      ],
    },
  })
  const verdicts = (...items: unknown[]) => judgeNodes(where, { items }, ['cp1', 'w1']).map((one) => one.verdict)
  assert.deepEqual(verdicts(node('cp1', 'True'), node('w1', 'True')), ['pass', 'pass'])
  assert.deepEqual(verdicts(node('cp1', 'True'), node('w1', 'Unknown')), ['pass', 'fail'])
  assert.deepEqual(verdicts(node('cp1', 'True'), node('w1', 'True', 'True')), ['pass', 'fail'])
  assert.deepEqual(verdicts(node('cp1', 'True')), ['pass', 'fail'])
  assert.deepEqual(verdicts(node('cp1', 'True'), node('w1', 'True'), node('x', 'True')), ['pass', 'pass', 'fail'])
})

test('a dial reaches the pod that was meant', () => {
  const one = (name: string) => ({ node: 'cp1', name, uid: '', address: '', service: '' })
  const verdict = (result: { reached: string } | { error: string }) =>
    judgeReached(one('a'), 'svc', result, one('b')).verdict
  assert.equal(verdict({ reached: 'b' }), 'pass')
  assert.equal(verdict({ reached: 'a' }), 'fail')
  assert.equal(verdict({ error: 'lookup svc: no such host' }), 'fail')
})

test('the leaf of a chain', () => {
  const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
  assert.equal(leafOf(pem('a') + pem('b')), pem('a'))
})

test.run()
