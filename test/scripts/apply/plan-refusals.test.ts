// Nodes that are not planned for: somebody else's, and answers that make no sense.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { RedoubtError } from '../../../lib/errors.ts'
import { refuseMovedPort } from '../../../scripts/apply/plan/moved.ts'
import { readState } from '../../../scripts/apply/plan/probe.ts'
import { cluster, doneAnswer, edit, emptyAnswer, fixture, planOf } from './fixture.ts'

const cp1 = fixture('cp1')
const w1 = fixture('w1')

const taken: [string, RegExp][] = [
  ['110:379 etcd 379 etcd', /: the user etcd has the numbers 110:379$/],
  ['- sshd - -', /cannot have the user etcd with uid 379 and gid 379: uid 379 is the user sshd$/],
  ['- - 112 -', /: the group etcd has the number 112$/],
  ['- - - kvm', /: gid 379 is the group kvm$/],
  ['110:110 sshd 110 kvm', /numbers 110:110, uid 379 is the user sshd, the group etcd has .* 110, gid 379 is .* kvm$/],
]
for (const [line, message] of taken)
  test(`a user whose name or number is somebody else’s is refused: ${line}`, () => {
    const answer = edit(emptyAnswer(cp1), '|etcd - - - -', `|etcd ${line}`)
    assert.throws(
      () => planOf(cp1, answer),
      (error) => error instanceof RedoubtError && message.test(error.message) && /usermod/.test(error.hint ?? ''),
    )
  })

const foreign: { name: string; answer: string; message: RegExp }[] = [
  {
    name: 'another cluster',
    answer: edit(doneAnswer(w1), `|${cluster}`, '|prod 99'),
    message: /belongs to the cluster prod/,
  },
  {
    name: 'another PKI',
    answer: edit(doneAnswer(w1), `|${cluster}`, '|lab 99'),
    message: /this name with another PKI/,
  },
  {
    name: 'data of an etcd that is not ours',
    answer: edit(emptyAnswer(cp1), '= etcd\n', '= etcd\n|yes\n'),
    message: /redoubt did not make/,
  },
  {
    name: 'a recorded tree that names a path outside',
    answer: edit(doneAnswer(w1), '"path": "/opt/cni/bin/portmap"', '"path": "/opt/../home/user"'),
    message: /no path of ours/,
  },
  { name: 'a recorded tree that is garbage', answer: edit(doneAnswer(w1), '|{\n', '|<html>\n'), message: /no JSON/ },
]
for (const { name, answer, message } of foreign)
  test(`refused: ${name}`, () => {
    const given = answer.includes('kubeadm') || name.includes('etcd') ? cp1 : w1
    assert.throws(
      () => planOf(given, answer),
      (error) => error instanceof RedoubtError && message.test(error.message) && error.where !== undefined,
    )
  })

const moved = (data: string) => {
  const folder = '/srv/etcd'
  const tree = { ...cp1.tree, folders: cp1.tree.folders.map((one) => (one.whole ? { ...one, path: folder } : one)) }
  const answer = doneAnswer(cp1)
    .replace(/= etcd\n(\|yes\n)?/, `= etcd\n${data}`)
    .replaceAll(/^(\|.*) \/var\/lib\/etcd$/gm, `$1 ${folder}`)
  return planOf({ ...cp1, tree }, answer)
}

test('etcd is not started empty in another folder', () => {
  assert.throws(
    () => moved(''),
    (error) =>
      error instanceof RedoubtError &&
      /data lies in \/var\/lib\/etcd, spec\.etcd\.dataDir is \/srv\/etcd and has none/.test(error.message),
  )
})

test('nor is it refused where somebody has moved its data there', () => {
  assert.equal(moved('|yes\n').record, false)
})

test('the port of an API server that runs is not changed', () => {
  const seen = readState(edit(doneAnswer(cp1), '= rollback', '= port\n|6443\n= rollback'), 'cp1', cp1.tree)
  assert.equal(seen.apiPort, 6443)
  refuseMovedPort(cp1.node, 6443, seen)
  refuseMovedPort(cp1.node, 7443, { ...seen, bootstrapped: false })
  assert.throws(
    () => refuseMovedPort(cp1.node, 7443, seen),
    (error) => error instanceof RedoubtError && /listens on 6443, spec\.apiServer\.port is 7443/.test(error.message),
  )
})

const hostile: { name: string; answer: string; message: RegExp }[] = [
  { name: 'a cut answer', answer: doneAnswer(w1).slice(0, 2000), message: /cut off|no sense/ },
  { name: 'no end', answer: edit(doneAnswer(w1), 'end\n', ''), message: /cut off/ },
  {
    name: 'a path that was not asked for',
    answer: edit(doneAnswer(w1), '= sums', '|8180 root:root 0:0 /etc/shadow\n= sums'),
    message: /no sense.*shadow/,
  },
  {
    name: 'a sum without a file',
    answer: edit(doneAnswer(w1), '= units', `|${'a'.repeat(64)}  /etc/shadow\n= units`),
    message: /no sense/,
  },
  { name: 'a state that is none', answer: edit(doneAnswer(w1), / installed\n/, ' perhaps\n'), message: /no sense/ },
  { name: 'binary rubbish', answer: '\0\x01\xff'.repeat(100), message: /no sense/ },
]
for (const { name, answer, message } of hostile)
  test(`a hostile answer is refused: ${name}`, () => {
    assert.throws(
      () => readState(answer, 'w1', w1.tree),
      (error) => error instanceof RedoubtError && message.test(error.message) && error.where === 'node w1',
    )
  })

test.run()
