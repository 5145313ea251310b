// redoubt evidence verify, list, diff: what they say and the exit codes they end with.
import * as assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { workspaceAt } from '../../../cluster/workspace.ts'
import type { Output } from '../../../lib/output.ts'
import type { Context } from '../../../scripts/command.ts'
import { withEvidenceFolder } from '../../../scripts/evidence/write.ts'
import { evidenceDiff, evidenceList, evidenceVerify } from '../../../scripts/stages/evidence.ts'
import { fakeResult } from '../verify/fakes.ts'
import { sample } from './sample.ts'

const { privateKey: key } = generateKeyPairSync('ed25519')
const now = () => new Date('2027-01-20T12:00:00Z')
const [first, second, third] = ['20270115T120000Z', '20270116T120000Z', '20270117T120000Z'] as const
const none = { key: undefined }

/** A workspace with three runs: all good, one probe failed, all good again. `said` is what went to stdout. */
async function withRuns(
  format: Output['format'],
  work: (context: Context, said: string[], folder: string) => Promise<void>,
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'redoubt-evidence-'))
  try {
    const workspace = workspaceAt(root)
    mkdirSync(workspace.keys)
    const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' })
    writeFileSync(join(workspace.keys, 'evidence.pub'), pem)
    const said: string[] = []
    const out = {
      format,
      data: (text: string) => said.push(text),
      json: (value: unknown) => said.push(JSON.stringify(value)),
      note: (text: string) => said.push(text),
      warn: (text: string) => said.push(text),
    }
    const outcomes = { '15': 'pass', '16': 'fail', '17': 'pass' } as const
    for (const [day, outcome] of Object.entries(outcomes))
      await withEvidenceFolder(workspace.evidence, { key, now }, (found) =>
        found.write(
          sample({
            started: `2027-01-${day}T12:00:00.000Z`,
            probes: [fakeResult('a', outcome), fakeResult('b', 'pass')],
          }),
        ),
      )
    await work({ out: out as unknown as Output, workspace } as Context, said, workspace.evidence)
  } finally {
    rmSync(root, { recursive: true })
  }
}

test('verify: the latest run, or the one named; 4 when it was touched', () =>
  withRuns('table', async (context, said, folder) => {
    assert.equal(await evidenceVerify(context, undefined, none), 0)
    assert.match(said[0] ?? '', new RegExp(`${third}: 6 files as signed by sha256:[0-9a-f]{64}$`))
    appendFileSync(join(folder, first, 'results.json'), ' ')
    assert.equal(await evidenceVerify(context, second, none), 0)
    await assert.rejects(evidenceVerify(context, first, none), {
      code: 'integrity',
      message: /results\.json: was changed/,
    })
    await assert.rejects(evidenceVerify(context, second, { key: join(folder, 'nosuch.pub') }), { code: 'usage' })
  }))

test('verify as JSON tells the problems and fails all the same', () =>
  withRuns('json', async (context, said, folder) => {
    rmSync(join(folder, first, 'junit.xml'))
    await assert.rejects(evidenceVerify(context, first, none), { code: 'integrity' })
    assert.deepEqual(JSON.parse(said[0] ?? '').problems, ['junit.xml: is missing'])
  }))

test('list: every run, oldest first; one that cannot be read says why', () =>
  withRuns('table', async (context, said, folder) => {
    writeFileSync(join(folder, second, 'results.json'), '{}')
    assert.equal(await evidenceList(context, none), 0)
    const lines = (said[0] ?? '').split('\n').map((line) => line.replaceAll(/ +/g, ' '))
    assert.equal(lines[1], `${first} 0 all 2 pass`)
    assert.equal(lines[2], `${second} - - not as signed: results.json: was changed`)
    assert.equal(lines[3], `${third} 0 all 2 pass`)
  }))

test('list: a run that is not as it was signed says so, whatever it claims', () =>
  withRuns('json', async (context, said, folder) => {
    const file = join(folder, second, 'results.json')
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"fail"', '"pass"'))
    assert.equal(await evidenceList(context, none), 0)
    const { runs } = JSON.parse(said[0] ?? '')
    assert.deepEqual(runs[1], { name: second, problem: 'not as signed: results.json: was changed' })
    assert.equal(runs[2].exitCode, 0)
    await assert.rejects(evidenceList(context, { key: join(folder, 'nosuch.pub') }), { code: 'usage' })
  }))

test('diff: 3 when something got worse, 0 when not; runs that were touched are not compared', () =>
  withRuns('table', async (context, said, folder) => {
    assert.equal(await evidenceDiff(context, [first, second], none), 3)
    assert.match(said.pop() ?? '', /worse +probe +a +pass -> fail/)
    assert.equal(await evidenceDiff(context, [second], none), 0)
    assert.match(said.pop() ?? '', /better +probe +a +fail -> pass/)
    assert.equal(await evidenceDiff(context, [first, third], none), 0)
    assert.equal(said.pop(), `${first} and ${third}: the same outcomes`)
    appendFileSync(join(folder, second, 'report.html'), ' ')
    await assert.rejects(evidenceDiff(context, [first, second], none), { code: 'integrity' })
  }))

test('diff as JSON', () =>
  withRuns('json', async (context, said) => {
    assert.equal(await evidenceDiff(context, [first, second], none), 3)
    const { kind, before, after, changes } = JSON.parse(said[0] ?? '')
    assert.deepEqual([kind, before, after], ['EvidenceDiff', first, second])
    assert.deepEqual(changes[0], {
      kind: 'probe',
      id: 'a',
      before: 'pass',
      after: 'fail',
      worse: true,
      why: 'why of a',
    })
  }))

test.run()
