// The same of pods: their images, what confines them, whether they reach each other, and how fast a namespace may be.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { imageComponents } from '../../../cluster/components.ts'
import type { Lock } from '../../../cluster/lock.ts'
import type { Answer } from '../../../scripts/verify/judge.ts'
import type { Check } from '../../../scripts/verify/probe.ts'
import { judgeFlood } from '../../../scripts/verify/probes/admission.ts'
import { judgeConfined } from '../../../scripts/verify/probes/confinement.ts'
import { judgePids } from '../../../scripts/verify/probes/nodes/host.ts'
import { judgeImages, onlyLeaving } from '../../../scripts/verify/probes/workloads.ts'
import { judgeNodes, judgeReached } from '../../../scripts/verify/probes/works.ts'
import { answer, nothing, status, where } from './answers.ts'

const digest = `sha256:${'a'.repeat(64)}`
const image = { name: 'redoubt.dev/x:v1', digest, size: 1 }
const lock = {
  images: [],
  components: Object.fromEntries(
    imageComponents.map((name) => [name, { image: { ...image, name: `redoubt.dev/${name}:v1` } }]),
  ),
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

test('a flood of events: some are taken, then the limit of the namespace says no', () => {
  const verdict = (...answers: Answer[]) => judgeFlood(where, answers).verdict
  const taken = answer(201, { kind: 'Event' })
  const limited = status(429, 'limit reached on type Namespace for key x')
  assert.equal(verdict(taken, taken, limited), 'pass')
  assert.equal(verdict(taken, taken), 'fail')
  // The server was busy, which is no limit of this namespace.
  assert.equal(verdict(taken, status(429, 'too many requests')), 'fail')
  // Nothing was taken: somebody else used the limit up.
  assert.equal(verdict(limited), 'unknown')
  assert.equal(verdict(taken, limited, status(403, 'forbidden')), 'unknown')
  assert.equal(verdict(taken, limited, nothing), 'unknown')
  assert.equal(verdict(), 'unknown')
})

test('the limit of processes, as the pod’s control group has it', () => {
  const verdict = (stdout: string) => judgePids('pod on w1', { code: 0, stdout }, 4096).verdict
  assert.equal(verdict('4096\n'), 'pass')
  assert.equal(verdict('4097\n'), 'fail')
  assert.equal(verdict('max\n'), 'fail')
  assert.equal(verdict('-1\n'), 'fail')
  assert.equal(verdict(''), 'unknown')
})

test.run()
