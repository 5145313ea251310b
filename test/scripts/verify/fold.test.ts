import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { applyWaivers, exitCode, foldChecks, foldControls, holds, notApplicable } from '../../../scripts/verify/fold.ts'
import type { Check, Outcome } from '../../../scripts/verify/probe.ts'
import { fakeCheck, fakeResult } from './fakes.ts'

const checks: [Check['verdict'][], Outcome][] = [
  [['pass'], 'pass'],
  [['pass', 'pass'], 'pass'],
  [['pass', 'unknown'], 'not-evaluated'],
  [['unknown', 'fail'], 'fail'],
  [['fail', 'pass'], 'fail'],
  [[], 'not-evaluated'],
]
test('a failed check decides, then an unknown one; no check proves nothing', () => {
  for (const [verdicts, outcome] of checks) {
    const folded = foldChecks(verdicts.map((verdict) => fakeCheck(verdict)))
    assert.equal(folded.outcome, outcome, verdicts.join())
    assert.equal(folded.why === '', outcome === 'pass')
  }
})

const now = new Date('2027-01-15T23:30:00Z')
const valid = { control: 'audit-log', reason: 'the log goes elsewhere', expires: '2027-01-15' }
const expired = { ...valid, expires: '2027-01-14' }

test('a waiver holds to the end of its last day and not a second longer', () => {
  assert.ok(holds(valid, now))
  assert.ok(!holds(valid, new Date('2027-01-16T00:00:00Z')))
})

test('a valid waiver turns a failure into waived, with reason and end', () => {
  const result = applyWaivers(fakeResult('a', 'fail'), [valid], now)
  assert.equal(result.outcome, 'waived')
  assert.equal(result.why, 'the log goes elsewhere (until 2027-01-15). why of a')
})

test('a waiver covers no ignorance, no other control and not half a probe; a pass needs none', () => {
  assert.equal(applyWaivers(fakeResult('a', 'not-evaluated'), [valid], now).outcome, 'not-evaluated')
  assert.equal(applyWaivers(fakeResult('a', 'pass'), [valid], now).outcome, 'pass')
  assert.equal(applyWaivers(fakeResult('a', 'fail', { controls: ['etcd-tls'] }), [valid], now).outcome, 'fail')
  assert.equal(
    applyWaivers(fakeResult('a', 'fail', { controls: ['audit-log', 'etcd-tls'] }), [valid], now).outcome,
    'fail',
  )
  assert.equal(applyWaivers(fakeResult('a', 'fail', { controls: [] }), [valid], now).outcome, 'fail')
})

test('an expired waiver covers nothing and is named', () => {
  const result = applyWaivers(fakeResult('a', 'fail'), [expired], now)
  assert.equal(result.outcome, 'fail')
  assert.match(result.why, /waiver expired on 2027-01-14/)
})

test('not applicable only when render left out every control of a probe, or nodes are too few', () => {
  const out = { state: 'not-applicable', why: 'no workers' } as const
  const probe = { controls: ['a', 'b'], needs: [] }
  assert.equal(notApplicable(probe, { a: out, b: out }, 2), 'no workers; no workers')
  assert.equal(notApplicable(probe, { a: out, b: { state: 'on' } }, 2), undefined)
  assert.equal(notApplicable(probe, { a: { state: 'off' }, b: { state: 'off' } }, 2), undefined)
  assert.equal(notApplicable({ controls: [], needs: ['two-nodes'] }, {}, 1), 'the cluster has one node')
  assert.equal(notApplicable({ controls: [], needs: ['two-nodes'] }, {}, 2), undefined)
})

test('a control is as good as the worst of its probes that ran', () => {
  const verdict = (...all: Outcome[]) =>
    foldControls(all.map((outcome, index) => fakeResult(`p${index}`, outcome)))[0]?.outcome
  assert.equal(verdict('pass', 'pass'), 'pass')
  assert.equal(verdict('pass', 'not-applicable'), 'pass')
  assert.equal(verdict('not-applicable'), 'not-applicable')
  assert.equal(verdict('pass', 'waived'), 'waived')
  assert.equal(verdict('waived', 'not-evaluated'), 'not-evaluated')
  assert.equal(verdict('not-evaluated', 'fail', 'pass'), 'fail')
  assert.deepEqual(foldControls([fakeResult('a', 'fail', { controls: [] })]), [])
})

const codes: [Outcome[], number][] = [
  [['pass'], 0],
  [['pass', 'waived', 'not-applicable'], 0],
  [['pass', 'not-evaluated'], 3],
  [['pass', 'fail'], 3],
  [[], 3],
]
test('exit codes: failed and unknown are 3, and so is nothing at all', () => {
  for (const [all, code] of codes)
    assert.equal(exitCode(all.map((outcome) => fakeResult('p', outcome))), code, all.join())
})

test.run()
