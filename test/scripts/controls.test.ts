import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { workspaceAt } from '../../cluster/workspace.ts'
import type { Context } from '../../scripts/command.ts'
import { itemEntry } from '../../scripts/controls/entries.ts'
import { findFalseFinding, findSubject } from '../../scripts/controls/find.ts'
import { settings } from '../../scripts/controls/settings.ts'
import { benchmarkTable } from '../../scripts/controls/tables.ts'
import { controlPage, itemPage, pageMarkdown, whyNotPage } from '../../scripts/controls/text.ts'
import { showControls } from '../../scripts/stages/controls.ts'
import { items } from '../../templates/benchmarks/items.ts'
import { controls } from '../../templates/controls.ts'
import { fixtureInput } from '../templates/fixture.ts'

const found: [words: string, is: string][] = [
  ['audit-log', 'audit-log'],
  ['CIS 1.2.1', 'CIS 1.2.1'],
  ['1.2.1', 'CIS 1.2.1'],
  ['cis 1.2.1', 'CIS 1.2.1'],
  ['V-242390', 'STIG V-242390'],
  ['TLS everywhere', 'claim: TLS everywhere'],
  ['claim: tls everywhere', 'claim: TLS everywhere'],
  ['no host network', 'NSA no host network'],
]
for (const [words, is] of found)
  test(`${words} is found`, () => {
    const subject = findSubject(words)
    assert.equal('control' in subject ? subject.control.id : subject.item.reference, is)
  })

for (const words of ['1.2', 'V-24239', 'audit', ''])
  test(`nothing is called ${words || 'nothing'}`, () => assert.throws(() => findSubject(words), { code: 'usage' }))

const item = (reference: string) => {
  const one = items.find((entry) => entry.reference === reference)
  assert.ok(one, reference)
  return itemEntry(one)
}

test('an item shows its answer, the controls, what they set and what proves them', () => {
  const page = itemPage(item('CIS 1.2.1'), (id) => [`${id} sets this`])
  for (const words of [
    'CIS 1.2.1 (manual)',
    'met by controls',
    'anonymous-limited sets this',
    'Proved by:',
    '--why-not',
  ])
    assert.ok(page.includes(words), words)
})

const answers: [reference: string, words: RegExp][] = [
  ['CIS 1.2.11', /Answer: not applicable\n {2}AlwaysPullImages asks a registry/],
  ['STIG V-242419', /Answer: met by the host[\s\S]*Where: [\s\S]*Proved by:\n {2}client-certificates/],
  ['STIG V-242443', /Answer: organisational \(rendered\/runbook.md\)\n {2}Updates cross the gap in time: /],
  ['claim: service-mesh mTLS', /Answer: planned, not claimed\n {2}No service mesh/],
  ['NSA no host network', /Answer: as other items\n {2}CIS 5.2.5: pod-security/],
]
for (const [reference, words] of answers)
  test(`${reference} says why`, () =>
    assert.match(
      itemPage(item(reference), () => []),
      words,
    ))

test('a scanner’s false finding is explained by any of its names', () => {
  assert.equal(findFalseFinding('ckv_k8s_68'), findFalseFinding('1.2.1'))
  const page = whyNotPage(findFalseFinding('CIS 1.2.1'))
  for (const words of ['Scanners read: ', '--authentication-config', 'Proved by:', 'anonymous'])
    assert.ok(page.includes(words), words)
  assert.throws(() => findFalseFinding('CIS 1.1.1'), { code: 'usage' })
})

test('every control says what it sets on a cluster', async () => {
  const site = await fixtureInput()
  for (const control of controls)
    if (control.notApplicable?.(site) === undefined) assert.ok(settings(control.on(site)).length > 0, control.id)
  const rbac = controls.find((control) => control.id === 'authorization-rbac')
  assert.deepEqual(rbac && settings(rbac.on(site)), ['kube-apiserver --authorization-mode=Node,RBAC'])
})

test('a page as Markdown has a heading and lists', () => {
  const entry = {
    id: 'x',
    title: 'Holds',
    why: 'Because',
    references: ['CIS 1.2.1'],
    probes: [{ id: 'p', title: 'asks' }],
  }
  assert.equal(
    pageMarkdown(controlPage(entry, ['a --b=c'])),
    '# x: Holds\n\nWhy:        Because\n\nReferences: CIS 1.2.1\n\nSets:\n- a --b=c\n\nProved by:\n- p  asks',
  )
})

test('a benchmark’s table has a line for each item', () => {
  assert.equal(benchmarkTable('cis').split('\n').length, 132)
  assert.match(benchmarkTable('stig'), /^STIG V-242390 .* anonymous-limited$/m)
})

test('a table is shown whole, and only one that exists', async () => {
  const context = { out: { format: 'table' } } as unknown as Context
  for (const [words, options] of [
    [['CIS 1.2.1'], { benchmark: 'cis' }],
    [[], { benchmark: 'pci' }],
    [[], { benchmark: 'toString' }],
  ] as const)
    await assert.rejects(showControls(context, [...words], options), { code: 'usage' })
})

const shown: [words: string[], options: Record<string, string>, format: string, expected: RegExp][] = [
  [[], {}, 'table', /^CONTROL +PROBES +TITLE\n/],
  [[], {}, 'markdown', /^\| control \| holds that \| answers \|\n/],
  [[], {}, 'json', /"kind":"ControlList"/],
  [[], { benchmark: 'nsa' }, 'table', /^ITEM +ANSWER\n/],
  [
    [],
    { benchmark: 'claims' },
    'json',
    /"reference":"claim: training, process","title":"[^"]+","answer":"organisational"/,
  ],
  [['training,', 'process'], {}, 'markdown', /^# claim: training, process: .*\n\nAnswer: organisational/],
  [['audit-log'], {}, 'json', /"sets":\[\]/],
  [['1.2.6'], { 'why-not': 'CIS' }, 'table', /--authorization-mode/],
]
for (const [words, options, format, expected] of shown)
  test(`controls ${[...words, ...Object.values(options)].join(' ')} as ${format}`, async () => {
    const printed: string[] = []
    const out = {
      format,
      data: (text: string) => printed.push(text),
      json: (value: unknown) => printed.push(JSON.stringify(value)),
      note: () => {},
    }
    const workspace = workspaceAt('/nonexistent')
    const code = await showControls({ out, workspace } as unknown as Context, words, options)
    assert.equal(code, 0)
    assert.match(printed.join('\n'), expected)
  })

test.run()
