import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import { paths } from '../../../cluster/components.ts'
import { nodePlaces } from '../../../scripts/apply/on-node/places.ts'
import { doorsOf } from '../../../scripts/apply/on-node/reach.ts'
import { restoreScript, rollbackList } from '../../../scripts/apply/on-node/rollback.ts'
import { explain, type SshSettings, sshOptions } from '../../../scripts/ssh/ssh.ts'
import { doneAnswer, fixture, planOf } from './fixture.ts'

const cp1 = fixture('cp1')
const folder = mkdtempSync(join(tmpdir(), 'redoubt-test-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))

test('the list restores what is there, deletes what is new, manifests last, and restarts only what is named', () => {
  let answer = doneAnswer(cp1)
  const sum = (path: string) => cp1.tree.files.find((file) => file.path === path)?.sha256 ?? ''
  const changed = ['/etc/kubernetes/manifests/kube-apiserver.yaml', '/var/lib/kubelet/config.yaml']
  for (const path of changed) answer = answer.replace(`|${sum(path)}  ${path}`, `|${'0'.repeat(64)}  ${path}`)
  answer = answer.replace(/\|8180 root:root 0:0 (\/etc\/kubernetes\/pki\/scheduler.key)/, '|81a4 root:root 0:0 $1')
  answer = answer.replace(/\|[0-9a-f]+ root:root 0:0 \/etc\/kubernetes\/scheduler.conf\n/, '')
  answer = answer.replace('|41c0 etcd:etcd 379:379 /var/lib/etcd', '|41ed etcd:etcd 379:379 /var/lib/etcd')
  assert.equal(
    rollbackList(planOf(cp1, answer)),
    [
      'folder 0755:379:379 /var/lib/etcd',
      'restore copy /etc/kubernetes/pki/scheduler.key',
      'delete - /etc/kubernetes/scheduler.conf',
      'restore link /var/lib/kubelet/config.yaml',
      'restore link /etc/kubernetes/manifests/kube-apiserver.yaml',
      'restart - kubelet.service',
      '',
    ].join('\n'),
  )
})

test('a folder that got another owner goes back whole', () => {
  const answer = doneAnswer(cp1).replace('|41c0 etcd:etcd 379:379 /var/lib/etcd', '|41c0 root:root 0:0 /var/lib/etcd')
  assert.equal(rollbackList(planOf(cp1, answer)), 'whole 0700:0:0 /var/lib/etcd\n')
})

test('what can lock us out is put back alone', () => {
  const sum = (path: string) => cp1.tree.files.find((file) => file.path === path)?.sha256 ?? ''
  let answer = doneAnswer(cp1)
  for (const path of ['/etc/redoubt/firewall.nft', '/var/lib/kubelet/config.yaml'])
    answer = answer.replace(`|${sum(path)}  ${path}`, `|${'0'.repeat(64)}  ${path}`)
  const list = 'restore link /etc/redoubt/firewall.nft\nrestart - redoubt-firewall.service\n'
  assert.equal(rollbackList(doorsOf(planOf(cp1, answer))), list)
})

/** A node's folders below a temporary one, with a systemctl that notes what it was told. */
function node(name: string) {
  const root = join(folder, name)
  const rollback = join(root, 'rollback')
  const put = (path: string, text: string, mode = 0o600) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    chmodSync(path, mode)
  }
  put(
    join(root, 'bin/systemctl'),
    `#!/bin/sh\n[ "$1" = show ] && cat ${root}/pid || echo "$@" >> ${root}/told\n`,
    0o755,
  )
  put(join(root, 'pid'), '94\n')
  put(join(root, 'noted'), '94\n')
  put(join(rollback, 'armed'), '2026-11-21T08:00:00Z\n')
  const script = restoreScript
    .replaceAll(nodePlaces.rollback, rollback)
    .replaceAll('/run/redoubt-kubelet', join(root, 'noted'))
    .replaceAll(paths.manifests, join(root, 'manifests'))
    .replace('sleep 2', ':')
  const restore = () =>
    spawnSync('sh', ['-c', script], { env: { PATH: `${root}/bin:${process.env.PATH}` }, encoding: 'utf8' })
  return { root, rollback, put, restore }
}

test('the node puts back files with their modes, deletes new ones, restarts what is named, and says when', () => {
  const { root, rollback, put, restore } = node('restored')
  const [changed, fresh] = [join(root, 'etc/a.conf'), join(root, 'etc/b.conf')]
  put(changed, 'broken', 0o644)
  put(fresh, 'new')
  put(`${rollback}/files${changed}`, 'as it was', 0o640)
  put(join(rollback, 'list'), `restore link ${changed}\ndelete - ${fresh}\nrestart - kubelet.service\n`)
  assert.equal(restore().status, 0)
  assert.equal(readFileSync(changed, 'utf8'), 'as it was')
  assert.equal(statSync(changed).mode & 0o777, 0o640)
  assert.ok(!existsSync(fresh))
  assert.match(readFileSync(join(rollback, 'rolled-back'), 'utf8'), /^\d{4}-\d\d-\d\dT[\d:]+Z\n$/)
  assert.ok(!existsSync(join(rollback, 'files')), 'saved keys are not kept')
  assert.match(readFileSync(join(root, 'told'), 'utf8'), /daemon-reload\nrestart kubelet.service\n/)
})

test('a folder goes back whole before the manifest does, and a file that vanishes meanwhile stops nothing', () => {
  const { root, rollback, put, restore } = node('whole')
  const manifest = join(root, 'manifests/etcd.yaml')
  const data = join(root, 'data')
  mkdirSync(data)
  put(manifest, 'broken')
  put(`${rollback}/files${manifest}`, 'as it was')
  put(join(root, 'bin/chown'), `#!/bin/sh\necho "chown $* $(cat ${manifest})" >> ${root}/told\n[ "$1" != -R ]\n`, 0o755)
  put(join(rollback, 'list'), `whole 0700:0:0 ${data}\nrestore link ${manifest}\n`)
  assert.equal(restore().status, 0)
  const told = readFileSync(join(root, 'told'), 'utf8')
  assert.ok(told.startsWith(`chown -- 0:0 ${data} broken\nchown -R -h -- 0:0 ${data} broken\n`), told)
  assert.equal(statSync(data).mode & 0o777, 0o700)
  assert.equal(readFileSync(manifest, 'utf8'), 'as it was')
})

test('a rollback that was cut off goes on, one that was disarmed does nothing', () => {
  const { root, rollback, put, restore } = node('cut')
  const changed = join(root, 'etc/a.conf')
  put(changed, 'broken')
  put(`${rollback}/files${changed}`, 'as it was')
  put(join(rollback, 'list'), `restore link ${changed}\n`)
  rmSync(join(rollback, 'armed'))
  assert.equal(restore().status, 0)
  assert.equal(readFileSync(changed, 'utf8'), 'broken')
  put(join(rollback, 'firing'), '')
  assert.equal(restore().status, 0)
  assert.equal(readFileSync(changed, 'utf8'), 'as it was')
})

for (const { name, noted, restarts } of [
  { name: 'left alone', noted: '94\n', restarts: 0 },
  { name: 'started again after a reboot', noted: '', restarts: 1 },
])
  test(`static pods are put back and the kubelet is ${name}`, () => {
    const { root, rollback, put, restore } = node(`kubelet-${restarts}`)
    const manifest = join(root, 'manifests/kube-apiserver.yaml')
    put(manifest, 'broken')
    put(`${rollback}/files${manifest}`, 'as it was')
    put(join(rollback, 'list'), `restore link ${manifest}\n`)
    put(join(root, 'noted'), noted)
    assert.equal(restore().status, 0)
    assert.equal(readFileSync(manifest, 'utf8'), 'as it was')
    const told = readFileSync(join(root, 'told'), 'utf8') // disabling the timer is always told
    assert.equal(told.split('restart kubelet.service').length - 1, restarts)
  })

const settings: SshSettings = { node: 'cp1', address: '10.0.0.11', user: 'root', port: 2222, hostKey: 'SHA256:abc' }

test('ssh is strict, quick to give up, and believes the survey alone', () => {
  const options = sshOptions({ ...settings, key: '/a ws/100%/"k"' }, '/run/x')
  for (const wanted of [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UserKnownHostsFile=/dev/null',
    'GlobalKnownHostsFile=/dev/null',
    'ConnectTimeout=5',
    'Port=2222',
    'IdentityFile="/a ws/100%%/\\"k\\""',
    'IdentitiesOnly=yes',
  ])
    assert.ok(options.includes(wanted), wanted)
  assert.ok(options.some((option) => option.startsWith('KnownHostsCommand=') && option.includes(' SHA256:abc ')))
})

test('an unsurveyed host is left to known_hosts, or accepted only when it is new there', () => {
  const known = sshOptions({ ...settings, hostKey: 'known' }, '/run/x')
  assert.ok(known.includes('StrictHostKeyChecking=yes') && !known.some((option) => option.includes('/dev/null')))
  const fresh = sshOptions({ ...settings, hostKey: 'new' }, '/run/x')
  assert.ok(fresh.includes('StrictHostKeyChecking=accept-new') && fresh.some((option) => /known_hosts$/.test(option)))
})

const failures: { name: string; hostKey: string; stderr: string; problem: RegExp; hint: RegExp }[] = [
  {
    name: 'nobody there',
    hostKey: 'SHA256:abc',
    stderr: 'ssh: connect to host 10.0.0.11 port 22: No route to host\n',
    problem: /^cannot be reached at 10\.0\.0\.11: .*No route/,
    hint: /Check that it is up/,
  },
  {
    name: 'another host',
    hostKey: 'SHA256:abc',
    stderr: 'No ED25519 host key is known for 10.0.0.11\nHost key verification failed.\n',
    problem: /shows the host key SHA256:x, hosts.yaml has SHA256:abc/,
    hint: /take its entry out of hosts.yaml/,
  },
  {
    name: 'an unknown host',
    hostKey: 'known',
    stderr: 'Host key verification failed.\n',
    problem: /shows the host key SHA256:x, which ssh does not know/,
    hint: /--accept-host-keys/,
  },
  { name: 'silence', hostKey: 'known', stderr: '', problem: /the connection was closed/, hint: /./ },
]
for (const { name, hostKey, stderr, problem, hint } of failures)
  test(`why ssh failed is told: ${name}`, () => {
    const told = explain({ ...settings, hostKey }, stderr, 'SHA256:x')
    assert.match(told.problem, problem)
    assert.match(told.hint, hint)
  })

test.run()
