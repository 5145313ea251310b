// Valid clusters of many shapes: what is rendered has no conflict, and what runs as it was rendered has no false failure.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { staticChecks } from '../../../scripts/verify/attest/static.ts'
import { exitCode } from '../../../scripts/verify/fold.ts'
import { attestedProbes } from '../../../scripts/verify/probes/attested.ts'
import { renderCluster } from '../../../templates/render.ts'
import { layoutSpec, layouts } from '../../layouts.ts'
import { failures } from '../../templates/benchmarks/strict-reader.ts'
import { inputOfSpec } from '../../templates/fixture.ts'
import { askLiving } from './living.ts'

test('there are ten layouts or more, each with a name of its own', () => {
  assert.ok(layouts.length >= 10)
  assert.equal(new Set(layouts.map((layout) => layout.name)).size, layouts.length)
})

/** What a layout forces past the controls must be found, once, and by nothing else. */
const forced: Readonly<Record<string, { control: string; item: string; of: string }>> = {
  'a waiver of what the spec forces': { control: 'profiling-off', item: '1.2.15', of: 'cp1' },
}

for (const layout of layouts)
  test(`${layout.name}: no conflict, no false failure`, async () => {
    const input = await inputOfSpec(layoutSpec(layout), layout.host)
    const rendered = renderCluster({ ...input, force: layout.force === true })
    const expected = forced[layout.name]

    const checks = staticChecks(input, rendered)
    assert.ok(checks.length > 50, String(checks.length))
    const wrong = checks.filter((check) => check.verdict !== 'pass').map(({ control }) => control)
    assert.deepEqual(wrong, expected ? [expected.control] : [])

    const items = failures(input.model, rendered).map((text) => text.split(':')[0])
    assert.deepEqual(items, expected ? [`${expected.item} ${expected.of}`] : [])

    const results = await askLiving(
      input,
      rendered,
      attestedProbes.map(({ id }) => id),
    )
    const bad = results.filter(({ outcome }) => outcome !== 'pass' && outcome !== 'not-applicable')
    assert.deepEqual(
      bad.map(({ id, outcome }) => `${id} ${outcome}`),
      expected ? [`${expected.control}-settings waived`] : [],
    )
    assert.equal(exitCode(results), 0)
  })

test.run()
