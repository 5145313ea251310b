// The page: everything that a server wrote is text, nothing is fetched, and only its own script and style may run.
import * as assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'uvu'
import { escapeHtml, html } from '../../../lib/html.ts'
import { page } from '../../../scripts/evidence/formats/html/page.ts'
import { checksAt, mentions } from '../../../scripts/evidence/formats/html/views.ts'
import { fakeCheck, fakeResult } from '../verify/fakes.ts'
import { hostile, sample } from './sample.ts'

const evidence = sample()
const text = page(evidence)
const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(text) ?? []
const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(text) ?? []
const body = text.replace(style, '').replace(script, '')

test('values are text: no markup, no control character, no turned direction', () => {
  assert.equal(escapeHtml(`<a b="c" d='e'>&`), '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;')
  assert.equal(escapeHtml('a\u0000b\u001b[31m\u202ec\u2066\n'), 'a·b·[31m·c·\n')
  assert.equal(
    html`<p title="${'"><script>'}">${html`<b>${'<'}</b>`}${[html`1`, html`2`]}</p>`.html.includes('<script>'),
    false,
  )
})

test('in every place that a value has', () => {
  const evil = '<img src=x>"\''
  const probe = fakeResult(evil, 'fail', {
    title: evil,
    why: evil,
    controls: [evil],
    checks: [{ where: evil, sent: evil, expected: evil, saw: hostile, verdict: 'fail' }],
  })
  const all = page(
    sample({
      cluster: evil,
      kubernetes: evil,
      version: evil,
      profile: evil,
      overrides: [{ setting: evil, where: evil, over: evil }],
      off: [evil],
      forced: [evil],
      leftovers: [evil],
      probes: [probe],
      nodes: [{ name: evil, role: evil, address: evil }],
    }),
  )
  assert.equal(/<img/.test(all), false)
  assert.equal(all.match(/<script>/g)?.length, 1)
  assert.ok(all.includes('&lt;img src=x&gt;&quot;&#39;'))
})

test('profile and settings of the spec are named, with what became of the controls they win over', () => {
  assert.ok(text.includes('profile hardened'))
  assert.ok(text.includes('kube-apiserver --v=4 (redoubt.yaml:9:20), nobody else sets it'))
  assert.ok(text.includes('--profiling=true (redoubt.yaml:10:20), wins over anonymous-limited: fail'))
})

test('the policy lets its own script and style run by their hashes and nothing else, and nothing is referred to', () => {
  const hash = (part: string) => `&#39;sha256-${createHash('sha256').update(part).digest('base64')}&#39;`
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1] ?? ''
  assert.equal(
    policy,
    `default-src &#39;none&#39;; style-src ${hash(style)}; script-src ${hash(script)}; base-uri &#39;none&#39;; form-action &#39;none&#39;`,
  )
  const calm = page(sample({ probes: evidence.probes.filter(({ outcome }) => outcome !== 'fail') }))
  assert.equal(/\s(src|srcset|style|action|on\w+)\s*=/.exec(calm.replace(style, '').replace(script, '')), null)
  for (const [, target] of body.matchAll(/href="([^"]*)"/g)) assert.match(target ?? '', /^#[\w-]+$/)
  assert.equal(/url\(|@import|https?:/.test(style), false)
  assert.equal(/fetch|XMLHttp|import|WebSocket|eval|innerHTML/.test(script), false)
})

test('every link leads to a part of the page, and every id is there once', () => {
  const ids = [...body.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id ?? '')
  assert.equal(new Set(ids).size, ids.length)
  for (const [, target] of body.matchAll(/href="#([^"]*)"/g)) assert.ok(ids.includes(target ?? ''), target)
})

test('each check stands with what was sent, expected and seen; failures come first', () => {
  for (const { checks } of evidence.probes)
    for (const { where, sent, expected, saw } of checks)
      for (const one of [where, sent, expected, saw]) assert.ok(body.includes(escapeHtml(one)), one)
  assert.ok(body.indexOf('To be looked at') < body.indexOf('By claim'))
  assert.equal(
    page(sample({ probes: evidence.probes.filter(({ outcome }) => outcome === 'pass') })).includes('To be looked at'),
    false,
  )
})

const cp1 = { name: 'cp1', role: 'control-plane', address: '10.77.0.1' }
const places: [where: string, is: boolean][] = [
  ['node cp1', true],
  ['https://10.77.0.1:6443', true],
  ['10.77.0.1', true],
  ['10.77.0.1:2379', true],
  ['loopback of cp1: 127.0.0.1:10257', true],
  ['https://10.77.0.11:6443', false],
  ['node cp11', false],
  ['my-cp1', false],
  ['https://110.77.0.1', false],
]
for (const [where, is] of places)
  test(`${where} is ${is ? '' : 'not '}at cp1, 10.77.0.1`, () => assert.equal(mentions(where, cp1), is))

test('a check is at its node, or at none', () => {
  const probes = [
    fakeResult('a', 'pass', { checks: [fakeCheck('pass'), { ...fakeCheck('pass'), where: 'namespace x' }] }),
  ]
  const own = sample({ probes })
  const count = (node: (typeof own.nodes)[number] | undefined) => checksAt(own, node).length
  assert.deepEqual([...own.nodes.map(count), count(undefined)], [1, 0, 1])
})

test.run()
