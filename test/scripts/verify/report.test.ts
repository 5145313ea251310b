import * as assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { test } from 'uvu'
import { junit } from '../../../scripts/evidence/formats/junit.ts'
import { buildEvidence, folderDigest, shortcoming } from '../../../scripts/verify/evidence.ts'
import { verifyTable } from '../../../scripts/verify/table.ts'
import { fakeCheck, fakeResult } from './fakes.ts'

const golden = join(dirname(fileURLToPath(import.meta.url)), 'golden')

/** One result of every outcome, with text that XML and terminals must survive. */
const evidence = buildEvidence({
  cluster: 'lab',
  kubernetes: 'v1.36.3',
  version: '0.1.0',
  started: '2027-01-15T12:00:00.000Z',
  finished: '2027-01-15T12:00:09.000Z',
  inputs: { spec: 'a'.repeat(64), lock: 'b'.repeat(64), rendered: 'c'.repeat(64) },
  nodes: [{ name: 'cp1', role: 'control-plane', address: '10.77.0.11' }],
  profile: 'stig',
  overrides: [
    { setting: 'kube-apiserver --v=4', where: 'redoubt.yaml:9:20', over: null },
    { setting: 'etcd --x=y', where: 'redoubt.yaml:10:20', over: 'apiserver-tls and anonymous-limited' },
    { setting: 'kubelet port=1', where: 'redoubt.yaml:11:20', over: 'the baseline' },
  ],
  off: ['audit-log'],
  forced: [],
  complete: true,
  sets: {},
  probes: [
    fakeResult('apiserver-tls-floor', 'pass', { group: 'transport', controls: ['apiserver-tls'] }),
    fakeResult('anonymous', 'fail', {
      controls: ['anonymous-limited'],
      checks: [
        fakeCheck('pass'),
        fakeCheck('fail', '200 <a href="x">&\u0000\u001b[31m'),
        ...Array.from({ length: 5 }, () => fakeCheck('fail', '200')),
      ],
    }),
    fakeResult('audit-canary', 'waived', { group: 'data', why: 'the log goes elsewhere (until 2027-02-01). seen' }),
    fakeResult('kubelet-anonymous', 'not-evaluated', { group: 'nodes', controls: ['kubelet-authentication'] }),
    fakeResult('pod-network', 'not-applicable', { group: 'works', controls: [], why: 'the cluster has one node' }),
  ],
  leftovers: [],
})

const outputs: [string, string][] = [
  ['table.txt', `${verifyTable(evidence, false)}\n`],
  ['junit.xml', junit(evidence)],
]
for (const [name, text] of outputs)
  test(`${name} is as it was, byte for byte`, () => {
    const file = join(golden, name)
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, text)
    assert.equal(text, readFileSync(file, 'utf8'))
  })

test('a run that is no verdict says why: few probes, or inputs that changed', () => {
  const { probes } = evidence
  assert.deepEqual(shortcoming({ complete: true, probes }), [])
  assert.match(shortcoming({ complete: false, probes })[0] ?? '', /^Only some probes were asked: /)
  const changed = [...probes, fakeResult('inputs-steady', 'not-evaluated')]
  assert.match(shortcoming({ complete: false, probes: changed })[0] ?? '', /changed meanwhile/)
})

test('colour adds colour only', () => {
  const colored = verifyTable(evidence, true)
  assert.notEqual(colored, verifyTable(evidence, false))
  const plain = (text: string) => stripVTControlCharacters(text)
  assert.equal(plain(colored), plain(verifyTable(evidence, false)))
})

test('unknown is an error in JUnit, never skipped', () => {
  const xml = junit(evidence)
  assert.match(xml, /tests="5" failures="1" errors="1" time=/)
  assert.match(xml, /<error message="not-evaluated: why of kubelet-anonymous"/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 cannot hold them
  assert.ok(!/[\u0000-\u0008\u001b]/.test(xml))
})

test('the digest of a folder knows paths and bytes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-evidence-'))
  try {
    const before = await folderDigest(folder)
    writeFileSync(join(folder, 'x'), '1')
    const after = await folderDigest(folder)
    assert.notEqual(before, after)
    writeFileSync(join(folder, 'x'), '2')
    assert.notEqual(await folderDigest(folder), after)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()
