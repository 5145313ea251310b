import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { createEvents, type Event } from '../../lib/events.ts'
import { addSecret } from '../../lib/redact.ts'

/** An output of events, what it said, and a clock that the test turns (milliseconds). */
function listen(quiet = false, verbose = false) {
  const events: Event[] = []
  const clock = { now: 5000 }
  const write = (line: string) => {
    assert.match(line, /^[^\n]*\n$/)
    events.push(JSON.parse(line))
  }
  const out = createEvents({ format: 'json', quiet, verbose, color: false }, write, () => clock.now)
  return { out, events, clock }
}

test('a step begins, tells of its items and ends with what it says of itself', async () => {
  const { out, events, clock } = listen()
  const result = await out.step('fetch', async (report) => {
    report.item('nginx:1.27', '70 MB')
    report.item('alone')
    clock.now += 1234
    report.detail('2 images')
    return 7
  })
  assert.equal(result, 7)
  assert.deepEqual(events, [
    { event: 'begin', step: 1, title: 'fetch' },
    { event: 'item', step: 1, name: 'nginx:1.27', detail: '70 MB' },
    { event: 'item', step: 1, name: 'alone', detail: '' },
    { event: 'end', step: 1, ok: true, detail: '2 images', seconds: 1.234 },
  ])
})

test('progress comes once a second, and its last in any case', async () => {
  const { out, events, clock } = listen()
  await out.step('write', async (report) => {
    for (let done = 0; done <= 100; done++) {
      report.progress(done, 100)
      clock.now += 30
    }
  })
  const done = events.flatMap((event) => (event.event === 'progress' ? [event.done] : []))
  assert.deepEqual(done, [0, 34, 68, 100])
  assert.equal(events.at(-1)?.event, 'end')
})

test('steps within and beside each other have their numbers; a failure ends its step', async () => {
  const { out, events } = listen()
  await assert.rejects(
    out.step('outer', () =>
      out.step('inner', async (report) => {
        report.status('waiting')
        throw new Error('no')
      }),
    ),
    /no/,
  )
  assert.deepEqual(
    events.map((event) =>
      'step' in event ? `${event.event} ${event.step}${event.event === 'end' ? event.ok : ''}` : '',
    ),
    ['begin 1', 'begin 2', 'status 2', 'end 2false', 'end 1false'],
  )
})

for (const [quiet, verbose, expected] of [
  [false, false, ['note', 'warning', 'error']],
  [false, true, ['note', 'warning', 'debug', 'error']],
  [true, false, ['warning', 'error']],
] as const)
  test(`${quiet ? 'quiet' : verbose ? 'verbose' : 'plain'}: ${expected.join(', ')}`, async () => {
    const { out, events } = listen(quiet, verbose)
    out.note('n')
    out.warn('w\nof two lines')
    out.debug('d')
    out.error('e')
    if (quiet) await out.step('s', async (report) => report.item('i'))
    assert.deepEqual(
      events.map(({ event }) => event),
      expected,
    )
  })

test('no secret is in an event, and nothing that a terminal would obey', () => {
  const { out, events } = listen()
  addSecret('hunter2hunter2')
  out.note('the password is hunter2hunter2')
  assert.ok(!JSON.stringify(events).includes('hunter2'))
  const lines: string[] = []
  const options = { format: 'json', quiet: false, verbose: false, color: false } as const
  createEvents(options, (line) => void lines.push(line)).note('a\u009b31m\u001b[2Jb')
  assert.deepEqual(lines, ['{"event":"note","text":"a\\u009b31m\\u001b[2Jb"}\n'])
})

test.run()
