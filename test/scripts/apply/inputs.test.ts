import * as assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { workspaceAt } from '../../../cluster/workspace.ts'
import { RedoubtError } from '../../../lib/errors.ts'
import { loadInputs } from '../../../scripts/apply/inputs.ts'

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

test.run()
