import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { handedOver } from '../../../scripts/apply/on-node/files.ts'
import { serviceWords } from '../../../scripts/apply/on-node/services.ts'
import { fileActions } from '../../../scripts/apply/phases/new-nodes.ts'
import type { NodePlan } from '../../../scripts/apply/plan/plan.ts'
import { severeChanges } from '../../../scripts/apply/plan/severe.ts'
import type { ApplyNode } from '../../../scripts/apply/run.ts'
import { doneAnswer, edit, emptyAnswer, fixture, planOf } from './fixture.ts'

const cp1 = fixture('cp1')
const w1 = fixture('w1')
const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml'

function isDone(plan: NodePlan): boolean {
  const { packages, users, folders, files, remove, images, units, restarts, record } = plan
  const lists: readonly unknown[][] = [packages, users, folders, files, remove, images, units, restarts]
  return !record && lists.every((list) => list.length === 0)
}

const sum = (path: string, given = cp1) => given.tree.files.find((file) => file.path === path)?.sha256 ?? ''
const target = (plan: NodePlan) => ({ node: plan.node, plan, tree: plan.tree }) as ApplyNode
const brief = (plan: NodePlan) => fileActions(target(plan)).map(({ verb, what, why }) => `${verb} ${what}: ${why}`)

for (const given of [cp1, w1])
  test(`nothing is planned on ${given.node.name} when everything is as it should be`, () => {
    const plan = planOf(given, doneAnswer(given))
    assert.ok(isDone(plan))
    assert.ok(plan.running)
    assert.deepEqual(serviceWords(target(plan)), [])
  })

test('everything is planned on an empty node', () => {
  const plan = planOf(cp1, emptyAnswer(cp1))
  assert.equal(plan.running, false)
  assert.deepEqual(plan.packages, cp1.lock.packages)
  assert.equal(plan.files.length, cp1.tree.files.length)
  assert.equal(plan.folders.length, cp1.tree.folders.length)
  assert.deepEqual(plan.images, cp1.tree.images)
  assert.equal(plan.record, true)
  const words = serviceWords(target(plan))
  assert.equal(words[0], 'reload')
  assert.equal(words.at(-1), 'start=kubelet.service')
  assert.ok(words.indexOf('start=containerd.service') > words.indexOf('enable=containerd.service'))
})

interface Change {
  name: string
  given?: typeof cp1
  edit: [string | RegExp, string]
  files?: string[]
  words?: string[]
}
const changes: Change[] = [
  {
    name: 'a changed manifest',
    edit: [`|${sum(manifest)}  ${manifest}`, `|${'0'.repeat(64)}  ${manifest}`],
    files: [`change ${manifest}: content differs`],
  },
  {
    name: 'a missing file',
    edit: [new RegExp(`\\|[0-9a-f]+ root:root 0:0 ${manifest}\n`), ''],
    files: [`create ${manifest}: missing`],
  },
  {
    name: 'a key that others can read',
    edit: ['|8180 root:root 0:0 /etc/kubernetes/pki/sa.key', '|81a4 root:root 0:0 /etc/kubernetes/pki/sa.key'],
    files: ['mode /etc/kubernetes/pki/sa.key: mode 0644, wanted 0600'],
  },
  {
    name: 'another owner',
    edit: ['|8180 root:root 0:0 /etc/kubernetes/pki/sa.key', '|8180 daemon:root 1:0 /etc/kubernetes/pki/sa.key'],
    files: ['mode /etc/kubernetes/pki/sa.key: owner daemon:root, wanted root:root'],
  },
  {
    name: 'a link in place of a file',
    edit: [`|8180 root:root 0:0 ${manifest}`, `|a1ff root:root 0:0 ${manifest}`],
    files: [`change ${manifest}: is no regular file`],
  },
  {
    name: 'an open folder',
    edit: ['|41c0 etcd:etcd 379:379 /var/lib/etcd', '|41ed etcd:etcd 379:379 /var/lib/etcd'],
    files: ['folder /var/lib/etcd: mode 0755, wanted 0700'],
  },
  {
    name: 'files of others in etcd’s folder',
    edit: ['|0 /var/lib/etcd', '|3 /var/lib/etcd'],
    files: ['folder /var/lib/etcd: 3 within belong to others'],
  },
  {
    name: 'a user that somebody took away',
    edit: ['|etcd 379:379 etcd 379 etcd', '|etcd - - - -'],
    files: ['user etcd: missing'],
  },
  {
    name: 'a user without its group',
    edit: ['|etcd 379:379 etcd 379 etcd', '|etcd 379:379 etcd - -'],
    files: ['user etcd: missing'],
  },
  {
    name: 'a changed kubelet configuration restarts the kubelet alone',
    given: w1,
    edit: [
      `|${sum('/var/lib/kubelet/config.yaml', w1)}  /var/lib/kubelet/config.yaml`,
      `|${'1'.repeat(64)}  /var/lib/kubelet/config.yaml`,
    ],
    files: ['change /var/lib/kubelet/config.yaml: content differs'],
    words: ['restart=kubelet.service'],
  },
  {
    name: 'a changed firewall is loaded',
    given: w1,
    edit: [
      `|${sum('/etc/redoubt/firewall.nft', w1)}  /etc/redoubt/firewall.nft`,
      `|${'1'.repeat(64)}  /etc/redoubt/firewall.nft`,
    ],
    files: ['change /etc/redoubt/firewall.nft: content differs'],
    words: ['restart=redoubt-firewall.service'],
  },
  {
    name: 'a changed unit is read again',
    given: w1,
    edit: [
      /\|[0-9a-f]{64} {2}\/etc\/systemd\/system\/containerd.service/,
      `|${'1'.repeat(64)}  /etc/systemd/system/containerd.service`,
    ],
    files: ['change /etc/systemd/system/containerd.service: content differs'],
    words: ['reload', 'restart=containerd.service'],
  },
  {
    name: 'a stopped unit is started',
    given: w1,
    edit: ['|containerd.service active enabled', '|containerd.service failed enabled'],
    words: ['start=containerd.service'],
  },
  {
    name: 'a disabled unit is enabled',
    given: w1,
    edit: ['|containerd.service active enabled', '|containerd.service active disabled'],
    words: ['enable=containerd.service'],
  },
  {
    name: 'a restart that a killed run still owes',
    given: w1,
    edit: ['= pending\n', '= pending\n|kubelet\n'],
    words: ['restart=kubelet.service'],
  },
  {
    name: 'a file that is no longer rendered goes',
    given: w1,
    edit: ['"path": "/opt/cni/bin/portmap"', '"path": "/opt/cni/bin/former"'],
    files: ['remove /opt/cni/bin/former: no longer rendered'],
  },
]
for (const { name, given = cp1, edit: change, files = [], words = [] } of changes)
  test(name, () => {
    const plan = planOf(given, edit(doneAnswer(given), ...change))
    assert.deepEqual(brief(plan), files)
    assert.deepEqual(serviceWords(target(plan)), words)
    assert.equal(isDone(plan), false)
    assert.deepEqual([plan.packages, plan.images], [[], []])
  })

test('another user takes over its folder and its keys when the old process has ended, and nothing else waits for that', () => {
  const key = '/etc/kubernetes/pki/etcd/server.key'
  let answer = edit(doneAnswer(cp1), '|41c0 etcd:etcd 379:379 /var/lib/etcd', '|41c0 root:root 0:0 /var/lib/etcd')
  answer = edit(answer, `|8180 etcd:etcd 379:379 ${key}`, `|8180 root:root 0:0 ${key}`)
  answer = edit(
    answer,
    '|8180 root:root 0:0 /etc/kubernetes/pki/sa.key',
    '|81a4 root:root 0:0 /etc/kubernetes/pki/sa.key',
  )
  assert.deepEqual(
    handedOver(planOf(cp1, answer)).map(({ mode, owner, path }) => `${mode} ${owner} ${path}`),
    ['0700 379:379 /var/lib/etcd', `0600 379:379 ${key}`],
  )
  assert.deepEqual(handedOver(planOf(cp1, edit(doneAnswer(cp1), '|0 /var/lib/etcd', '|3 /var/lib/etcd'))), [])
})

test('a node whose tree was applied before there were users in it is read', () => {
  const { users: _, folders, ...rest } = cp1.tree
  const before = JSON.stringify({ ...rest, folders: folders.map(({ whole: __, ...folder }) => folder) })
  const answer = doneAnswer(cp1).replace(/(\n= tree\n)[\s\S]*?(\n= pending\n)/, (___, a, b) => `${a}|${before}${b}`)
  const plan = planOf(cp1, answer)
  assert.equal(plan.record, true)
  assert.deepEqual(brief(plan), [])
})

test('a file that is placed once is left to the node', () => {
  const entry = cp1.tree.files.find((file) => file.path === manifest)
  assert.ok(entry)
  const tree = {
    ...cp1.tree,
    files: cp1.tree.files.map((file) => (file === entry ? { ...file, manage: 'create' as const } : file)),
  }
  const answer = doneAnswer(cp1).replace(`|${sum(manifest)}  `, `|${'0'.repeat(64)}  `)
  assert.deepEqual(planOf({ ...cp1, tree }, answer).files, [])
})

test('an image under the right name with another digest is imported', () => {
  const [image = ''] = w1.tree.images
  const digest = image.split('@')[1] ?? ''
  const answer = doneAnswer(w1).replace(
    `${image} application/vnd.oci ${digest}`,
    `${image} application/vnd.oci sha256:${'0'.repeat(64)}`,
  )
  assert.deepEqual(planOf(w1, answer).images, [image])
})

test('older packages are installed, newer ones left', () => {
  const [first] = w1.lock.packages
  assert.ok(first)
  assert.deepEqual(planOf(w1, edit(doneAnswer(w1), `|${first.name} installed`, `|${first.name} older`)).packages, [
    first,
  ])
})

test('changes of a running cluster that files cannot undo are severe', () => {
  const path = '/etc/kubernetes/pki/sa.key'
  const changed = (text: string) => edit(text, `|${sum(path)}  ${path}`, `|${'0'.repeat(64)}  ${path}`)
  assert.match(
    severeChanges(planOf(cp1, changed(doneAnswer(cp1))))[0] ?? '',
    /^cp1: .*sa\.key: every service account token/,
  )
  assert.deepEqual(severeChanges(planOf(cp1, emptyAnswer(cp1))), [])
  const done = planOf(cp1, doneAnswer(cp1))
  assert.deepEqual(severeChanges(done), [])
  const [bridge, file] = ['/opt/cni/bin/bridge', done.tree.files.find(({ path }) => path === '/opt/cni/bin/bridge')]
  assert.ok(file)
  assert.match(severeChanges({ ...done, remove: [bridge] })[0] ?? '', /^cp1: .*bridge: another pod network/)
  assert.deepEqual(severeChanges({ ...done, files: [{ entry: file, change: 'change', why: 'content differs' }] }), [])
})

test.run()
