import * as assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { workspaceAt } from '../../../cluster/workspace.ts'
import { RedoubtError } from '../../../lib/errors.ts'
import { loadInputs } from '../../../scripts/apply/inputs.ts'
import { parseCommandLine } from '../../../scripts/cli.ts'
import type { Context } from '../../../scripts/command.ts'
import { commands } from '../../../scripts/commands.ts'

test('a controls.json that is none is refused before a node is asked', async () => {
  for (const text of ['{', '{}', 'null', '{"off": 1, "forced": []}']) {
    const folder = mkdtempSync(join(tmpdir(), 'redoubt-test-'))
    cpSync('test/fixtures', folder, { recursive: true })
    mkdirSync(join(folder, 'rendered'))
    writeFileSync(join(folder, 'rendered/controls.json'), text)
    await assert.rejects(loadInputs(workspaceAt(folder), {}), (error) => {
      assert.ok(error instanceof RedoubtError, String(error))
      assert.equal(error.code, 'usage')
      assert.match(error.where ?? '', /controls\.json$/)
      return true
    })
  }
})

for (const wait of ['0', '9', '3601', 'abc', '-5', '1e9', '1e2', '60.5', ' 60', ''])
  test(`--wait=${wait} is refused before anything is read`, async () => {
    const { command, options } = parseCommandLine(['apply', `--wait=${wait}`], commands)
    await assert.rejects(async () => command?.run({} as Context, [], options), {
      code: 'usage',
      message: `--wait ${wait}: expected 10 to 3600 seconds`,
    })
  })

test('--wait -5 is refused: it reads as two options', () => {
  assert.throws(() => parseCommandLine(['apply', '--wait', '-5'], commands), { code: 'usage', message: /'--wait'/ })
})

test.run()
