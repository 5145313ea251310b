import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { whoAndWhen } from '../../../scripts/stages/bundle/make/who.ts'

const now = () => new Date('2026-05-06T07:08:09.123Z')
const noon = '2026-01-31T12:00:00Z'

for (const [given, epoch, expected] of [
  [{}, undefined, { builder: undefined, built: undefined }],
  [{}, '', { builder: undefined, built: undefined }],
  [{}, '1767225600', { builder: undefined, built: '2026-01-01T00:00:00Z' }],
  [{ builtAt: 'now' }, '1767225600', { builder: undefined, built: '2026-05-06T07:08:09Z' }],
  [{ builtAt: noon, builder: 'Zoë' }, undefined, { builder: 'Zoë', built: noon }],
  [{ builtAt: noon }, 'what another program wants', { builder: undefined, built: noon }],
] as const)
  test(`${JSON.stringify(given)}, SOURCE_DATE_EPOCH=${epoch}`, () =>
    assert.deepEqual(whoAndWhen(given, now, { SOURCE_DATE_EPOCH: epoch }), expected))

for (const [given, epoch, message] of [
  [{ builtAt: 'yesterday' }, undefined, /--built-at yesterday: expected `now`/],
  [{ builtAt: '2026-02-30T12:00:00Z' }, undefined, /--built-at 2026-02-30/],
  [{ builtAt: '' }, undefined, /--built-at/],
  [{ builder: '' }, undefined, /--builder/],
  [{ builder: 'a\nb' }, undefined, /--builder/],
  [{ builder: 'a'.repeat(129) }, undefined, /--builder/],
  [{}, '2026-01-01', /SOURCE_DATE_EPOCH=2026-01-01: expected seconds/],
  [{}, '-1', /SOURCE_DATE_EPOCH=-1/],
] as const)
  test(`refused: ${JSON.stringify(given).slice(0, 40)}, SOURCE_DATE_EPOCH=${epoch}`, () =>
    assert.throws(() => whoAndWhen(given, now, { SOURCE_DATE_EPOCH: epoch }), { code: 'usage', message }))

test.run()
