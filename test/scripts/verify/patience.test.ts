// How long a probe waits for what another does in its own time.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { within } from '../../../scripts/verify/patience.ts'
import type { Check } from '../../../scripts/verify/probe.ts'
import { fakeCheck } from './fakes.ts'

const hour = 3_600_000
const on = { signal: new AbortController().signal }
const off = { signal: AbortSignal.abort() }

const cases: [title: string, stop: typeof on, patience: number, says: Check['verdict'][], saw: Check['verdict']][] = [
  // A token of a deleted account, seen on a busy API server: taken, taken, 401.
  ['passes late', on, hour, ['fail', 'fail', 'pass', 'fail'], 'pass'],
  ['an answer that decides nothing is asked again', on, hour, ['unknown', 'pass'], 'pass'],
  ['patience over: what was seen last', on, -1, ['fail', 'pass'], 'fail'],
  ['the run was stopped', off, hour, ['fail', 'pass'], 'fail'],
]

for (const [title, env, patience, says, saw] of cases)
  test(title, async () => {
    let looks = 0
    const look = async () => fakeCheck(says[looks++] ?? 'fail')
    assert.equal((await within(env, patience, look, async () => {})).verdict, saw)
    assert.equal(looks, says.indexOf(saw) + 1)
  })

test.run()
