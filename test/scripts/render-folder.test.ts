import * as assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { RedoubtError } from '../../lib/errors.ts'
import { compareRendered, renderedFiles, writeRendered } from '../../scripts/render/folder.ts'
import { renderCluster } from '../../templates/render.ts'
import { inputOf } from '../templates/fixture.ts'

const before = new Map([
  ['cp1/a', 'old'],
  ['cp1/b', 'same'],
  ['w1/c', 'gone'],
])
const after = new Map([
  ['cp1/a', 'new'],
  ['cp1/b', 'same'],
  ['cp1/d/e', 'fresh'],
])

async function inFolder(work: (root: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'redoubt-render-'))
  try {
    await work(root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

test('a rendering replaces the one before as a whole, and says what changed', () =>
  inFolder(async (root) => {
    const folder = join(root, 'rendered')
    assert.equal((await compareRendered(folder, before)).length, 3)
    await writeRendered(folder, before)
    assert.deepEqual(await compareRendered(folder, before), [])
    assert.deepEqual(await compareRendered(folder, after), [
      { change: 'changed', path: 'cp1/a' },
      { change: 'added', path: 'cp1/d/e' },
      { change: 'removed', path: 'w1/c' },
    ])
    await writeRendered(folder, after)
    assert.deepEqual(await compareRendered(folder, after), [])
    assert.deepEqual(readdirSync(root), ['rendered'])
  }))

test('what a killed run left behind is cleared', () =>
  inFolder(async (root) => {
    await writeRendered(join(root, 'rendered'), before)
    for (const name of ['.rendered.new', '.rendered.old']) {
      mkdirSync(join(root, name))
      writeFileSync(join(root, name, 'half'), '')
    }
    await writeRendered(join(root, 'rendered'), after)
    assert.deepEqual(readdirSync(root), ['rendered'])
    assert.equal(readFileSync(join(root, 'rendered', 'cp1', 'd', 'e'), 'utf8'), 'fresh')
  }))

test('nobody else may write there, whatever the umask', () =>
  inFolder(async (root) => {
    const umask = process.umask(0)
    await writeRendered(join(root, 'rendered'), before)
    process.umask(umask)
    for (const path of ['rendered', 'rendered/cp1', 'rendered/cp1/a'])
      assert.equal(statSync(join(root, path)).mode & 0o022, 0, path)
  }))

test('a file or a link in the place of the folder is refused and left alone', () =>
  inFolder(async (root) => {
    const folder = join(root, 'rendered')
    for (const make of [() => writeFileSync(folder, 'mine'), () => symlinkSync(tmpdir(), folder)]) {
      make()
      await assert.rejects(compareRendered(folder, before), { code: 'usage', where: folder })
      rmSync(folder)
    }
  }))

test('a node named cluster has no folder of its own', async () => {
  const rendered = renderCluster(await inputOf(['cluster control-plane']))
  assert.throws(
    () => renderedFiles(rendered),
    (error) => error instanceof RedoubtError && error.code === 'usage',
  )
})

test.run()
