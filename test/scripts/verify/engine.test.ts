import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { addSecret } from '../../../lib/redact.ts'
import { type EngineOptions, runProbes, unmetNeeds } from '../../../scripts/verify/engine.ts'
import { fakeCheck, fakeEnv, fakeProbe } from './fakes.ts'

const never = () => new AbortController().signal
function options(given: Partial<EngineOptions> = {}): EngineOptions {
  return {
    signal: never(),
    budget: 60_000,
    parallel: 4,
    controls: {},
    waivers: [],
    now: () => new Date('2027-01-15T12:00:00Z'),
    deadline: never,
    ...given,
  }
}

test('every probe has a result, in the order given, whatever others do', async () => {
  const probes = [
    fakeProbe('good'),
    fakeProbe('bad', { run: async () => [fakeCheck('pass'), fakeCheck('fail', '200 OK')] }),
    fakeProbe('broken', { run: () => Promise.reject(new Error('socket hang up')) }),
    fakeProbe('thrown', {
      run: () => {
        throw new Error('at once')
      },
    }),
    fakeProbe('empty', { run: async () => [] }),
  ]
  const results = await runProbes(probes, fakeEnv(), options({ parallel: 2 }))
  assert.deepEqual(
    results.map(({ id, outcome }) => [id, outcome]),
    [
      ['good', 'pass'],
      ['bad', 'fail'],
      ['broken', 'not-evaluated'],
      ['thrown', 'not-evaluated'],
      ['empty', 'not-evaluated'],
    ],
  )
  assert.equal(results[1]?.why, 'GET /version at https://10.77.0.11:6443: expected 401, saw 200 OK')
  assert.equal(results[2]?.why, 'socket hang up')
})

test('a probe over its budget is not evaluated, and is told to stop', async () => {
  const own = new AbortController()
  const deadline = (milliseconds: number) => (milliseconds === 1000 ? own.signal : never())
  let told = false
  const hang = fakeProbe('hang', {
    run: (env) => {
      env.signal.addEventListener('abort', () => {
        told = true
      })
      own.abort()
      return new Promise(() => {})
    },
  })
  const [result] = await runProbes([hang], fakeEnv(), options({ deadline }))
  assert.equal(result?.outcome, 'not-evaluated')
  assert.equal(result?.why, 'no result within 1s')
  assert.ok(told)
})

test('when the time for all is over, what has not started is not evaluated', async () => {
  let ran = false
  const probe = fakeProbe('late', {
    run: async () => {
      ran = true
      return [fakeCheck('pass')]
    },
  })
  const [result] = await runProbes([probe], fakeEnv(), options({ deadline: () => AbortSignal.abort() }))
  assert.equal(result?.outcome, 'not-evaluated')
  assert.equal(result?.why, 'not started within 60s')
  assert.ok(!ran)
})

test('Ctrl-C gives up what runs and throws interrupted', async () => {
  const interrupt = new AbortController()
  const hang = fakeProbe('hang', {
    run: () => {
      interrupt.abort()
      return new Promise(() => {})
    },
  })
  await assert.rejects(runProbes([hang], fakeEnv(), options({ signal: interrupt.signal })), { code: 'interrupted' })
})

test('an unmet need is not evaluated, with why, and the probe does not run', async () => {
  const env = fakeEnv({ missing: { nodes: 'node w1 cannot be reached', issue: 'no key of client-ca' } })
  const probe = fakeProbe('p', { needs: ['nodes'], run: () => assert.fail('must not run') })
  const [result] = await runProbes([probe], env, options())
  assert.equal(result?.outcome, 'not-evaluated')
  assert.equal(result?.why, 'node w1 cannot be reached')
  assert.deepEqual(unmetNeeds([probe], env.missing), [['nodes', 'node w1 cannot be reached']])
})

test('what render left out is not applicable; a waiver is applied', async () => {
  const failing = fakeProbe('p', { run: async () => [fakeCheck('fail')] })
  const waiver = { control: 'audit-log', reason: 'the log goes elsewhere', expires: '2027-02-01' }
  const [waived] = await runProbes([failing], fakeEnv(), options({ waivers: [waiver] }))
  assert.equal(waived?.outcome, 'waived')
  const controls = { 'audit-log': { state: 'not-applicable', why: 'because' } } as const
  const [left] = await runProbes([failing], fakeEnv(), options({ controls }))
  assert.equal(left?.outcome, 'not-applicable')
  assert.equal(left?.why, 'because')
})

test('nothing secret gets into a result', async () => {
  addSecret('canary-of-this-test')
  const saw = 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln and canary-of-this-test'
  const run = async () => [fakeCheck('fail', saw)]
  const results = await runProbes(
    [fakeProbe('a', { run }), fakeProbe('b', { run: () => Promise.reject(new Error(saw)) })],
    fakeEnv(),
    options(),
  )
  const text = JSON.stringify(results)
  assert.ok(!text.includes('canary-of-this-test') && !text.includes('eyJ'), text)
  assert.ok(text.includes('[redacted token]'))
})

test.run()
