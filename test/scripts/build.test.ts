import * as assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { findAssets } from '../../scripts/build/executable.ts'
import { bundleScript } from '../../scripts/build/script.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

test('the script of the executable is the same twice and knows nothing of where the checkout lies', async () => {
  const first = Buffer.from(await bundleScript(root))
  assert.deepEqual(Buffer.from(await bundleScript(root)), first)
  assert.equal(first.includes(root), false)
})

test('the executable carries package.json and no source', async () => {
  const names = Object.keys(await findAssets(root))
  assert.equal(names[0], 'package.json')
  assert.deepEqual(
    names.filter((name) => name.endsWith('.ts')),
    [],
  )
})

test.run()
