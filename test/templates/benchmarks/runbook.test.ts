import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { dispositions } from '../../../templates/benchmarks/dispositions.ts'
import { duties } from '../../../templates/benchmarks/duties.ts'
import { runbook } from '../../../templates/benchmarks/runbook.ts'
import { inputOf } from '../fixture.ts'

const shape = ['cp1 control-plane', 'w1 worker']

test('the runbook names the cluster, its nodes, and every organisational item', async () => {
  const { model } = await inputOf(shape)
  const text = runbook(model)
  assert.match(text, new RegExp(`^# Runbook of ${model.name}\n`))
  for (const { name, address } of model.nodes) assert.ok(text.includes(`\`${name}\``) && text.includes(address), name)
  for (const [reference, answer] of Object.entries(dispositions))
    assert.equal(text.includes(reference), answer.kind === 'organisational', reference)
  assert.equal(text.match(/^## /gm)?.length, Object.keys(duties).length)
  for (const field of ['Who', 'When', 'Record', 'Answers'])
    assert.equal(text.match(new RegExp(`^- ${field}: .{8,}$`, 'gm'))?.length, Object.keys(duties).length, field)
  assert.ok(!/undefined|\[object/.test(text))
})

test('waivers stand in it with reason and last day, on one line whatever the reason holds', async () => {
  const extra = `  waivers:
    - control: audit-log
      reason: |
        the sink comes in spring

        # not a heading
      expires: 2027-01-31
`
  const { model } = await inputOf(shape, { extra })
  const text = runbook(model)
  assert.match(text, /`audit-log` until 2027-01-31 \(the sink comes in spring # not a heading/)
  assert.ok(!/^# not a heading/m.test(text))
})

test.run()
