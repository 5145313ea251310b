import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { judgeEtcdFiles } from '../../../scripts/verify/probes/data/etcd-user.ts'

const server = '/etc/kubernetes/pki/etcd/server.key'
const peer = '/etc/kubernetes/pki/etcd/peer.key'
/** As cp3 of the lab answered. */
const good = [
  'folder 700 etcd:etcd 379:379',
  'within 6',
  'nobody works',
  'etcd works',
  `etcd own ${server}`,
  `etcd own ${peer}`,
]
const without = (line: string) => good.filter((one) => one !== line)
const replaced = (start: string, line: string) => good.map((one) => (one.startsWith(start) ? line : one))

const cases: { name: string; lines: string[]; verdicts: string }[] = [
  { name: 'as it should be', lines: good, verdicts: 'pass pass pass pass' },
  { name: 'root’s folder', lines: replaced('folder', 'folder 700 root:root 0:0'), verdicts: 'fail pass pass pass' },
  {
    name: 'a user of that number with another name',
    lines: replaced('folder', 'folder 700 systemd-x:etcd 379:379'),
    verdicts: 'fail pass pass pass',
  },
  {
    name: 'an open folder',
    lines: replaced('folder', 'folder 755 etcd:etcd 379:379'),
    verdicts: 'fail pass pass pass',
  },
  { name: 'a file of root', lines: [...good, 'other 0:0 /var/lib/etcd/member/x'], verdicts: 'pass fail pass pass' },
  { name: 'an empty folder', lines: replaced('within', 'within 0'), verdicts: 'pass unknown pass pass' },
  { name: 'nobody reads a key', lines: [...good, `nobody reads ${server}`], verdicts: 'pass pass fail pass' },
  { name: 'nobody cannot try', lines: without('nobody works'), verdicts: 'pass pass unknown pass' },
  { name: 'etcd reads another’s key', lines: [...good, 'etcd reads /x.key'], verdicts: 'pass pass pass fail' },
  { name: 'etcd does not read its own', lines: without(`etcd own ${peer}`), verdicts: 'pass pass pass fail' },
  { name: 'etcd cannot try', lines: without('etcd works'), verdicts: 'pass pass pass unknown' },
  { name: 'no answer', lines: [], verdicts: 'unknown unknown unknown fail' },
]
for (const { name, lines, verdicts } of cases)
  test(`etcd’s files: ${name}`, () => {
    const checks = judgeEtcdFiles('node cp1', { code: 0, stdout: lines.join('\n') }, '/var/lib/etcd', 20)
    assert.equal(checks.map((one) => one.verdict).join(' '), verdicts)
  })

test.run()
