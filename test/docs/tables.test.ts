// The tables in docs/ that are made from data. REDOUBT_GOLDEN=write puts them there anew.
import * as assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { benchmarkMarkdown, controlsMarkdown } from '../../scripts/controls/tables.ts'
import type { BenchmarkName } from '../../templates/benchmarks/items.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const tables: { page: string; name: string; text: () => string }[] = [
  { page: 'controls.md', name: 'controls', text: controlsMarkdown },
  ...(['cis', 'stig', 'nsa', 'claims'] as const).map((name: BenchmarkName) => ({
    page: 'benchmarks.md',
    name,
    text: () => benchmarkMarkdown(name),
  })),
]

for (const { page, name, text } of tables)
  test(`docs/${page}: the table ${name} is what the data says`, () => {
    const path = join(root, 'docs', page)
    const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`]
    const whole = readFileSync(path, 'utf8')
    const [before, rest = ''] = whole.split(begin)
    const [shown, after] = rest.split(end)
    assert.ok(before !== undefined && shown !== undefined && after !== undefined, `${page} has no place for ${name}`)
    const wanted = `\n${text()}\n\n`
    if (process.env.REDOUBT_GOLDEN === 'write') writeFileSync(path, before + begin + wanted + end + after)
    else assert.equal(shown, wanted, 'REDOUBT_GOLDEN=write test/run docs')
  })

test.run()
