// Two runs compared.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { compareRuns } from '../../../scripts/evidence/diff.ts'
import { fakeResult } from '../verify/fakes.ts'
import { sample } from './sample.ts'

test('what changed between runs: worse first; not asked is no pass', () => {
  const run = (...outcomes: [string, 'pass' | 'fail' | 'waived' | 'not-evaluated' | 'not-applicable'][]) => ({
    probes: outcomes.map(([id, outcome]) => fakeResult(id, outcome, { why: `why ${id}` })),
    controls: [],
    complete: true,
  })
  const told = (a: ReturnType<typeof run>, b: ReturnType<typeof run>) =>
    compareRuns(a, b).map(({ id, before, after, worse }) => `${worse ? 'worse' : 'better'} ${id} ${before} ${after}`)
  assert.deepEqual(told(run(['a', 'pass'], ['b', 'fail']), run(['a', 'pass'], ['b', 'fail'])), [])
  assert.deepEqual(
    told(
      run(
        ['a', 'fail'],
        ['b', 'pass'],
        ['c', 'pass'],
        ['d', 'waived'],
        ['e', 'pass'],
        ['h', 'fail'],
        ['i', 'not-evaluated'],
      ),
      run(
        ['a', 'pass'],
        ['b', 'not-evaluated'],
        ['d', 'fail'],
        ['e', 'not-applicable'],
        ['h', 'not-evaluated'],
        ['i', 'fail'],
        ['f', 'pass'],
        ['g', 'fail'],
      ),
    ),
    [
      'worse b pass not-evaluated',
      'worse c pass absent',
      'worse d waived fail',
      'worse e pass not-applicable',
      'worse h fail not-evaluated',
      'worse i not-evaluated fail',
      'worse g absent fail',
      'better a fail pass',
      'better f absent pass',
    ],
  )
  const all = run(['a', 'pass'], ['b', 'pass'])
  const some = { ...run(['a', 'fail']), complete: false }
  assert.deepEqual(told(all, some), ['worse a pass fail'])
  assert.deepEqual(told(some, all), ['better a fail pass'])
  const before = sample()
  const after = sample({ probes: before.probes.map((probe) => ({ ...probe, outcome: 'fail' as const })) })
  assert.ok(compareRuns(before, after).some(({ kind, id }) => kind === 'control' && id === 'apiserver-tls'))
})

test.run()
