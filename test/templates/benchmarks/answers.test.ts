// Every item of every benchmark has exactly one kind of answer, and nothing answers what no benchmark asks.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { probes } from '../../../scripts/verify/probes.ts'
import { answerOf } from '../../../templates/benchmarks/answers.ts'
import { dispositions } from '../../../templates/benchmarks/dispositions.ts'
import { duties } from '../../../templates/benchmarks/duties.ts'
import { type BenchmarkName, items } from '../../../templates/benchmarks/items.ts'
import { answeredBy } from '../../../templates/benchmarks/runbook.ts'
import { falseFindings } from '../../../templates/benchmarks/scanners.ts'
import type { Control } from '../../../templates/control.ts'
import { controls } from '../../../templates/controls.ts'

const of = (benchmark: BenchmarkName) => items.filter((item) => item.benchmark === benchmark)
const references = new Set(items.map((item) => item.reference))
const probeIds = new Set(probes.map((probe) => probe.id))

test('the tables are whole: 131 CIS items of which 65 are scored, 90 STIG ids, 25 claims, none twice', () => {
  assert.equal(of('cis').length, 131)
  assert.equal(of('cis').filter((item) => item.test === 'scored').length, 65)
  assert.equal(of('stig').length, 90)
  assert.equal(of('claims').length, 25)
  assert.equal(references.size, items.length)
  for (const { benchmark, reference, title } of items) {
    assert.ok(title.length > 8, reference)
    if (benchmark === 'cis') assert.match(reference, /^CIS [1-5](\.\d+)+$/)
    if (benchmark === 'stig') assert.match(reference, /^STIG V-\d{6}$/)
  }
})

test('CIS sections have all their numbers', () => {
  const sections: [string, number][] = [
    ['1.1', 21],
    ['1.2', 30],
    ['1.3', 7],
    ['1.4', 2],
    ['2', 7],
    ['3.1', 3],
    ['3.2', 2],
    ['4.1', 10],
    ['4.2', 14],
    ['4.3', 1],
    ['5.1', 13],
    ['5.2', 12],
    ['5.3', 2],
    ['5.4', 2],
    ['5.5', 1],
    ['5.6', 4],
  ]
  const expected = sections.flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `CIS ${section}.${index + 1}`),
  )
  assert.deepEqual(
    of('cis').map((item) => item.reference),
    expected,
  )
})

test('every item is answered by controls or by a disposition, never by both', () => {
  const open = items.filter((item) => answerOf(item).kind === 'open').map((item) => item.reference)
  assert.deepEqual(open, [], 'without an answer')
  const named = new Set(controls.flatMap((control) => control.references))
  assert.deepEqual(
    Object.keys(dispositions).filter((reference) => named.has(reference)),
    [],
    'answered twice: by a control and in dispositions.ts',
  )
})

test('nothing answers an item that no table has', () => {
  const named = [
    ...controls.flatMap((control) => control.references.map((reference) => [control.id, reference])),
    ...Object.keys(dispositions).map((reference) => ['dispositions.ts', reference]),
    ...falseFindings
      .flatMap((finding) => finding.findings)
      .filter((finding) => !finding.startsWith('CKV_'))
      .map((reference) => ['scanners.ts', reference]),
    ...items.flatMap((item) => (item.same ?? []).map((reference) => [item.reference, reference])),
  ]
  assert.deepEqual(
    named.filter(([, reference = '']) => !references.has(reference)),
    [],
  )
})

test('only the service mesh is planned', () => {
  const planned = Object.entries(dispositions).filter(([, answer]) => answer.kind === 'planned')
  assert.deepEqual(
    planned.map(([reference]) => reference),
    ['claim: service-mesh mTLS'],
  )
})

test('every duty answers something, and probes that are named exist', () => {
  for (const id of Object.keys(duties) as (keyof typeof duties)[]) assert.ok(answeredBy(id).length > 0, id)
  const named = [
    ...falseFindings.flatMap((finding) => finding.probes),
    ...Object.values(dispositions).flatMap((answer) => (answer.kind === 'host' ? (answer.probes ?? []) : [])),
  ]
  assert.deepEqual(
    named.filter((id) => !probeIds.has(id)),
    [],
  )
  for (const { findings, probes: proofs } of falseFindings) assert.ok(proofs.length > 0, findings.join())
  const findings = falseFindings.flatMap((finding) => finding.findings)
  assert.equal(new Set(findings).size, findings.length)
})

test('an answer follows the references of controls', () => {
  const [first] = of('cis')
  assert.ok(first)
  const control = { id: 'some-control', references: [first.reference] } as unknown as Control
  assert.deepEqual(answerOf(first, [control]), { kind: 'controls', controls: ['some-control'] })
  assert.deepEqual(answerOf({ ...first, reference: 'CIS 9.9.9' }, [control]), { kind: 'open' })
})

test.run()
