// From controls and probes to the items of the benchmarks: the worst that was tried decides, and what nobody can probe is no pass.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import type { ControlVerdict } from '../../../scripts/verify/fold.ts'
import { foldItems } from '../../../scripts/verify/items.ts'
import type { Outcome } from '../../../scripts/verify/probe.ts'
import { answerOf } from '../../../templates/benchmarks/answers.ts'
import { items } from '../../../templates/benchmarks/items.ts'
import { controls } from '../../../templates/controls.ts'
import { fakeResult } from './fakes.ts'

/** Every control with one outcome, but for those named. */
function verdicts(outcome: Outcome, others: Record<string, Outcome> = {}): ControlVerdict[] {
  return controls.map(({ id }) => {
    const own = others[id] ?? outcome
    return { id, outcome: own, why: own === 'pass' ? '' : `why ${id}`, probes: [`probe-of-${id}`] }
  })
}
const of = (found: ReturnType<typeof foldItems>, reference: string) => {
  const item = found.find((one) => one.reference === reference)
  assert.ok(item, reference)
  return item
}
const shared = items.find((item) => {
  const answer = answerOf(item)
  return answer.kind === 'controls' && answer.controls.length > 1
})

test('every item is there once, in its order', () =>
  assert.deepEqual(
    foldItems(verdicts('pass'), []).map(({ reference }) => reference),
    items.map(({ reference }) => reference),
  ))

test('only items that controls, or probes, answer can pass', () => {
  for (const item of foldItems(verdicts('pass'), [])) {
    if (item.outcome === 'pass') assert.match(item.answer, /^(controls|same)$/)
    if (/^(organisational|planned|open)$/.test(item.answer)) assert.equal(item.outcome, 'unproven', item.reference)
    if (item.outcome !== 'pass') assert.notEqual(item.why, '', item.reference)
  }
})

test('the worst control decides; one that is not applicable yields', () => {
  const answer = shared && answerOf(shared)
  assert.ok(shared && answer?.kind === 'controls')
  const [first = '', second = ''] = answer.controls
  const outcome = (others: Record<string, Outcome>) =>
    of(foldItems(verdicts('pass', others), []), shared.reference).outcome
  assert.equal(outcome({}), 'pass')
  assert.equal(outcome({ [first]: 'waived', [second]: 'fail' }), 'fail')
  assert.equal(outcome({ [first]: 'not-evaluated' }), 'not-evaluated')
  assert.equal(outcome({ [second]: 'not-applicable' }), 'pass')
})

test('what was not asked is not evaluated', () => {
  const [only] = verdicts('pass')
  for (const item of foldItems(only ? [only] : [], []))
    if (item.answer === 'controls' && item.outcome === 'pass') assert.deepEqual(item.controls, [only?.id])
  assert.equal(of(foldItems([], []), 'CIS 1.2.1').outcome, 'not-evaluated')
})

test('NSA/CISA is as the items that ask for the same', () => {
  const item = items.find(({ same }) => same?.length === 1 && same[0] === 'CIS 5.2.7')
  assert.ok(item)
  const good = of(foldItems(verdicts('pass'), []), item.reference)
  assert.equal(good.outcome, of(foldItems(verdicts('pass'), []), 'CIS 5.2.7').outcome)
  assert.equal(of(foldItems(verdicts('fail'), []), item.reference).outcome, 'fail')
})

test('what the host meets is as good as the probes that look at it', () => {
  const host = items.find((item) => {
    const answer = answerOf(item)
    return answer.kind === 'host' && answer.probes
  })
  const answer = host && answerOf(host)
  assert.ok(host && answer?.kind === 'host' && answer.probes)
  const results = (outcome: Outcome) => (answer.probes ?? []).map((id) => fakeResult(id, outcome))
  assert.equal(of(foldItems([], results('pass')), host.reference).outcome, 'pass')
  assert.equal(of(foldItems([], results('fail')), host.reference).outcome, 'fail')
  assert.equal(of(foldItems([], []), host.reference).outcome, 'not-evaluated')
})

test.run()
