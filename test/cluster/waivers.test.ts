import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { refuseExpiredWaivers } from '../../cluster/waivers.ts'
import { RedoubtError } from '../../lib/errors.ts'
import { specWith } from './fixture.ts'

const spec = specWith(`  waivers:
    - {control: audit-log, reason: the log goes elsewhere, expires: 2027-06-30}
    - control: pod-gc
      reason: pods are kept for the inquiry
      expires: 2027-01-31
`)

test('up to the end of its last day a waiver holds', () => {
  refuseExpiredWaivers(spec, new Date('2027-01-31T23:59:59Z'))
})

test('past it the spec is refused at the line of the day', () => {
  assert.throws(
    () => refuseExpiredWaivers(spec, new Date('2027-02-01T00:00:00Z')),
    (error) =>
      error instanceof RedoubtError &&
      error.code === 'usage' &&
      error.where === 'redoubt.yaml:11:7' &&
      /waiver of pod-gc held until 2027-01-31/.test(error.message),
  )
})

test.run()
