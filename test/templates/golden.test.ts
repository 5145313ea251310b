// Every byte that the fixture cluster renders to, against test/templates/golden/.
// REDOUBT_GOLDEN=write writes the folder anew: read its diff before it is committed.
import * as assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { listFiles } from '../../lib/files.ts'
import { renderedFiles } from '../../scripts/render/folder.ts'
import { controlIds } from '../../templates/controls.ts'
import { renderCluster } from '../../templates/render.ts'
import { encryptionKey, fixtureInput } from './fixture.ts'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'golden')

test('the fixture cluster renders to the golden files, byte for byte', async () => {
  const files = renderedFiles(renderCluster(await fixtureInput()))
  if (process.env.REDOUBT_GOLDEN === 'write') {
    rmSync(folder, { recursive: true, force: true })
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }
  assert.deepEqual([...files.keys()], await listFiles(folder))
  for (const [path, text] of files) assert.equal(text, readFileSync(join(folder, path), 'utf8'), path)
})

test('the same input renders to the same bytes', async () => {
  const render = async () => [...renderedFiles(renderCluster(await fixtureInput()))]
  assert.deepEqual(await render(), await render())
})

for (const [name, off] of [
  ['with every control on', []],
  ['with every control off', controlIds],
] as const)
  test(`no rendered byte is a secret, ${name}`, async () => {
    for (const [path, text] of renderedFiles(renderCluster({ ...(await fixtureInput()), off }))) {
      assert.ok(!/PRIVATE KEY/.test(text), path)
      assert.ok(!text.includes(encryptionKey), path)
    }
  })

test.run()
