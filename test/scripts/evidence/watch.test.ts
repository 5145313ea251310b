// verify --watch: a line per run with what changed; it ends by the signal, and a later failure does not end it.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { fail } from '../../../lib/errors.ts'
import type { Output } from '../../../lib/output.ts'
import type { Context } from '../../../scripts/command.ts'
import { lineOf, watch } from '../../../scripts/evidence/watch.ts'
import type { Evidence } from '../../../scripts/verify/evidence.ts'
import { fakeResult } from '../verify/fakes.ts'
import { sample } from './sample.ts'

const run = (...outcomes: ('pass' | 'fail')[]) =>
  sample({ probes: outcomes.map((outcome, index) => fakeResult(`probe-${index}`, outcome)) })

/** Watches through these results (or failures), one millisecond apart, then stops. Returns what was said and kept. */
async function watched(results: (Evidence | 'fails')[], format: Output['format'] = 'table') {
  const said: string[] = []
  const kept: Evidence[] = []
  const stop = new AbortController()
  const out = {
    format,
    data: (text: string) => said.push(text),
    warn: (text: string) => said.push(`! ${text}`),
  } as unknown as Output
  const context = { out, signal: stop.signal, now: () => new Date('2027-01-15T12:00:00Z') } as Context
  const folder = {
    write: async (evidence: Evidence) => {
      kept.push(evidence)
      if (results.length === 0) stop.abort()
      return ''
    },
  }
  const end = await watch(context, 0.001, folder, async () => {
    const next = results.shift()
    return next === undefined || next === 'fails' ? fail('failed', 'no route') : next
  }).catch((error) => error)
  return { said, kept, end }
}

test('one line per run, with what is not as the run before left it', async () => {
  const { said, kept, end } = await watched([run('pass', 'fail'), run('pass', 'fail'), run('fail', 'pass')])
  assert.deepEqual(said, [
    '2027-01-15T12:00:00.000Z  exit 3  1 pass, 1 fail',
    '2027-01-15T12:00:00.000Z  exit 3  1 pass, 1 fail',
    '2027-01-15T12:00:00.000Z  exit 3  1 pass, 1 fail  worse: probe-0 pass -> fail  better: probe-1 fail -> pass',
  ])
  assert.equal(kept.length, 3)
  assert.equal(end.code, 'interrupted')
})

test('as JSON, one line per run', async () => {
  const { said } = await watched([run('pass'), run('fail')], 'json')
  const lines = said.map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map(({ exitCode, changes }) => [exitCode, changes.length]),
    [
      [0, 0],
      [3, 2],
    ],
  )
})

test('the first failure ends it, a later one is told and tried again', async () => {
  assert.equal((await watched(['fails'])).end.code, 'failed')
  const { said, end } = await watched([run('pass'), 'fails', run('pass')])
  assert.deepEqual(said.slice(1), ['! 2027-01-15T12:00:00.000Z  no result: no route', lineOf(run('pass'), [])])
  assert.equal(end.code, 'interrupted')
})

test.run()
