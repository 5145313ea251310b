// What verify compares the cluster with: only what the workspace renders, and the same from begin to end.
import * as assert from 'node:assert/strict'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { type Workspace, workspaceAt } from '../../../cluster/workspace.ts'
import { renderedFiles, writeRendered } from '../../../scripts/render/folder.ts'
import { renderWorkspace } from '../../../scripts/stages/render.ts'
import { exitCode } from '../../../scripts/verify/fold.ts'
import { inputDigests, unsteadyInputs } from '../../../scripts/verify/inputs.ts'
import { readRendered } from '../../../scripts/verify/rendered.ts'
import { fakeResult } from './fakes.ts'

/** The fixtures, rendered. */
async function withRendered(work: (workspace: Workspace) => Promise<void>, off: string[] = []): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'redoubt-inputs-'))
  try {
    cpSync('test/fixtures', root, { recursive: true })
    const workspace = workspaceAt(root)
    await writeRendered(workspace.rendered, renderedFiles(await renderWorkspace(workspace, { off })))
    await work(workspace)
  } finally {
    rmSync(root, { recursive: true })
  }
}

test('what is rendered is taken: states of controls, trees, what is off', () =>
  withRendered(
    async (workspace) => {
      const { controls, trees, off, forced } = await readRendered(workspace)
      assert.equal(controls['anonymous-limited']?.state, 'on')
      assert.equal(controls['audit-log']?.state, 'off')
      assert.deepEqual([off, forced], [['audit-log'], []])
      const text = readFileSync(join(workspace.rendered, 'cp1/tree.json'), 'utf8')
      assert.deepEqual(trees.get('cp1'), JSON.parse(text))
    },
    ['audit-log'],
  ))

const edits: [string, string, (text: string) => string][] = [
  [
    'every control not applicable',
    'controls.json',
    (text) => text.replaceAll('"state": "on"', '"state": "not-applicable"'),
  ],
  ['a tree without a file', 'cp1/tree.json', (text) => text.replace('"0600"', '"0644"')],
  ['an object', 'cluster/01-rbac.yaml', (text) => `${text}\n`],
  ['no list of controls', 'controls.json', () => '{}'],
]
test('edited by hand, it is refused', () =>
  withRendered(async (workspace) => {
    for (const [name, path, edit] of edits) {
      const file = join(workspace.rendered, path)
      const text = readFileSync(file, 'utf8')
      writeFileSync(file, edit(text))
      await assert.rejects(readRendered(workspace), { code: 'usage' }, name)
      writeFileSync(file, text)
    }
  }))

test('a spec that changed since is refused; so is a workspace that was never rendered', () =>
  withRendered(async (workspace) => {
    const text = readFileSync(workspace.spec, 'utf8')
    writeFileSync(workspace.spec, `${text.trimEnd()}\n  namespaces: [{name: more}]\n`)
    await assert.rejects(readRendered(workspace), { code: 'usage', message: /files differ/ })
    rmSync(workspace.rendered, { recursive: true })
    await assert.rejects(readRendered(workspace), { code: 'usage', hint: /redoubt render/ })
  }))

test('what changed while probes ran is named, and the run ends with 3', () =>
  withRendered(async (workspace) => {
    const { spec, lock, rendered } = workspace
    const before = await inputDigests(workspace)
    const why = async () => (await unsteadyInputs(workspace, before))[0]?.why ?? ''
    assert.equal(await why(), '')
    appendFileSync(join(rendered, 'runbook.md'), '\n')
    assert.match(await why(), /changed: rendered\/,/)
    appendFileSync(spec, '\n')
    appendFileSync(lock, '\n')
    assert.match(await why(), /changed: redoubt\.yaml, redoubt\.lock\.yaml, rendered\/,/)
    rmSync(rendered, { recursive: true })
    assert.match(await why(), /can no longer be read/)
    assert.equal(exitCode([fakeResult('a', 'pass'), ...(await unsteadyInputs(workspace, before))]), 3)
    await assert.rejects(inputDigests(workspace), { code: 'usage', hint: /redoubt render/ })
  }))

test.run()
