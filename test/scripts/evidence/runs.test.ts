// Runs on the disk: whole or not at all, signed, kept, compared.
import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { throwWriteError, writeAtomic } from '../../../lib/files.ts'
import { addSecret } from '../../../lib/redact.ts'
import { checkRun, manifestName, signatureName } from '../../../scripts/evidence/manifest.ts'
import { findRun, listRuns, readRun, runName } from '../../../scripts/evidence/runs.ts'
import { withEvidenceFolder } from '../../../scripts/evidence/write.ts'
import type { Evidence } from '../../../scripts/verify/evidence.ts'
import { fakeResult } from '../verify/fakes.ts'
import { sample } from './sample.ts'

const { privateKey: key } = generateKeyPairSync('ed25519')
const now = () => new Date('2027-01-20T12:00:00Z')
const first = '20270115T120000Z'
const copies = [
  'checklist.cklb',
  'junit.xml',
  'oscal-assessment-results.json',
  'report.html',
  'results.json',
  'results.sarif',
]

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'redoubt-evidence-'))
  try {
    await work(join(parent, 'evidence'))
  } finally {
    rmSync(parent, { recursive: true })
  }
}

const write = (folder: string, evidence: Evidence, keep?: number) =>
  withEvidenceFolder(folder, { key, keep, now }, (found) => found.write(evidence))

test('a run is kept in a folder of its own, signed; its files stand beside it; nothing else is left, no secret either', () =>
  inFolder(async (folder) => {
    addSecret('secret-of-this-test')
    const run = await write(folder, sample({ probes: [fakeResult('a', 'fail', { why: 'saw secret-of-this-test' })] }))
    assert.equal(run, join(folder, first))
    assert.deepEqual(readdirSync(run).sort(), [manifestName, signatureName, ...copies].sort())
    assert.deepEqual(readdirSync(folder).sort(), [first, ...copies, 'redoubt.prom'].sort())
    for (const name of copies) {
      assert.equal(readFileSync(join(run, name), 'utf8'), readFileSync(join(folder, name), 'utf8'))
      assert.ok(!readFileSync(join(run, name), 'utf8').includes('secret-of-this-test'), name)
    }
    assert.equal(JSON.parse(readFileSync(join(run, 'results.json'), 'utf8')).kind, 'VerifyResult')
    const { problems, files } = await checkRun(run, createPublicKey(key))
    assert.deepEqual(problems, [])
    assert.deepEqual(files, copies)
  }))

test('a private key that never ends, in a probe or among what stayed, cuts no file off', () =>
  inFolder(async (folder) => {
    const cut = '403 -----BEGIN PRIVATE KEY----- MIIabc'
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
    const probes = [fakeResult('a', 'fail', { why: cut }), fakeResult('b', 'pass')]
    const run = await write(folder, sample({ probes, leftovers: [`pods: ${cut}`, `x\n${token}`] }))
    const { leftovers, summary } = JSON.parse(readFileSync(join(run, 'results.json'), 'utf8'))
    assert.deepEqual(leftovers, ['pods: 403 [redacted private key]', 'x\n[redacted token]'])
    assert.equal(summary.pass, 1)
    for (const name of copies) {
      const text = readFileSync(join(run, name), 'utf8')
      assert.ok(!text.includes('MIIabc') && !text.includes(token), name)
      if (!name.endsWith('.html') && !name.endsWith('.xml')) JSON.parse(text)
    }
    assert.match(readFileSync(join(run, 'report.html'), 'utf8'), /<\/html>\s*$/)
    assert.match(readFileSync(join(run, 'junit.xml'), 'utf8'), /<\/testsuites>\s*$/)
  }))

test('openssl and sha256sum check it without us', () =>
  inFolder(async (folder) => {
    const run = await write(folder, sample())
    const pub = join(folder, '..', 'evidence.pub')
    writeFileSync(pub, createPublicKey(key).export({ type: 'spki', format: 'pem' }))
    const openssl = [
      'pkeyutl',
      '-verify',
      '-rawin',
      '-pubin',
      '-inkey',
      pub,
      '-in',
      manifestName,
      '-sigfile',
      signatureName,
    ]
    assert.match(execFileSync('openssl', openssl, { cwd: run, encoding: 'utf8' }), /Verified Successfully/)
    execFileSync('sha256sum', ['--strict', '-c', manifestName], { cwd: run })
  }))

const damages: [name: string, harm: (run: string) => void, problem: RegExp][] = [
  ['a changed byte', (run) => appendFileSync(join(run, 'report.html'), ' '), /^report\.html: was changed$/],
  ['a file that is gone', (run) => rmSync(join(run, 'junit.xml')), /^junit\.xml: is missing$/],
  ['a file that was added', (run) => writeFileSync(join(run, 'more.txt'), ''), /^more\.txt: was not signed$/],
  ['a link', (run) => toLink(run, 'results.json'), /^results\.json: is no regular file$/],
  ['other sums', (run) => swapSum(run), /SHA256SUMS is not signed by this key/],
  [
    'a sum list that leads out',
    (run) => appendFileSync(join(run, manifestName), `${'0'.repeat(64)}  ../x\n`),
    /is no list/,
  ],
  ['a short signature', (run) => writeFileSync(join(run, signatureName), 'x'), /is not signed by this key/],
]
for (const [name, harm, problem] of damages)
  test(`${name} is found`, () =>
    inFolder(async (folder) => {
      const run = await write(folder, sample())
      harm(run)
      const { problems } = await checkRun(run, createPublicKey(key))
      assert.ok(
        problems.some((one) => problem.test(one)),
        problems.join('; '),
      )
    }))

function toLink(run: string, name: string): void {
  renameSync(join(run, name), join(run, '..', 'elsewhere'))
  symlinkSync('../elsewhere', join(run, name))
}

/** A forger who can count: the sums fit, the signature cannot. */
function swapSum(run: string): void {
  const text = readFileSync(join(run, manifestName), 'utf8')
  writeFileSync(join(run, manifestName), text.split('\n').slice(1).join('\n'))
}

test('another key signs nothing here, and results moved into the folder of another run are refused', () =>
  inFolder(async (folder) => {
    const run = await write(folder, sample())
    const { publicKey } = generateKeyPairSync('ed25519')
    assert.match((await checkRun(run, publicKey)).problems.join(), /not signed by this key/)
    const other = join(folder, '20270116T120000Z')
    renameSync(run, other)
    assert.deepEqual((await checkRun(other, createPublicKey(key))).problems, [])
    await assert.rejects(readRun(other), { code: 'integrity', message: /of the run 20270115T120000Z/ })
  }))

test('runs are found by name, latest or path; unknown ones are refused by name', () =>
  inFolder(async (folder) => {
    await assert.rejects(findRun(folder, 'latest'), { code: 'usage', message: /no run yet/ })
    await write(folder, sample())
    await write(folder, sample({ started: '2027-01-16T12:00:00.999Z' }))
    writeFileSync(join(folder, 'notes'), '')
    assert.deepEqual(await listRuns(folder), [first, '20270116T120000Z'])
    assert.equal(await findRun(folder, 'latest'), join(folder, '20270116T120000Z'))
    assert.equal(await findRun(folder, first), join(folder, first))
    assert.equal(await findRun(folder, '/media/usb/run'), '/media/usb/run')
    await assert.rejects(findRun(folder, '..'), { code: 'usage', hint: /20270116T120000Z/ })
    assert.equal(runName((await readRun(join(folder, first))).started), first)
  }))

test('a run does not begin in the second of another', () =>
  inFolder(async (folder) => {
    await write(folder, sample())
    const times = ['12:00:00.100', '12:00:00.900', '12:00:01.000'].map((time) => new Date(`2027-01-15T${time}Z`))
    const clock = () => times.shift() ?? now()
    await withEvidenceFolder(folder, { key, now: clock }, async () => assert.deepEqual(times, []))
  }))

test('keep never takes the run just written, nor counts what is no run or of a later time', () =>
  inFolder(async (folder) => {
    mkdirSync(join(folder, '20260101T000000Z'), { recursive: true })
    mkdirSync(join(folder, '20990101T000000Z'))
    writeFileSync(join(folder, '20990102T000000Z'), '')
    for (const day of ['17', '15', '16']) await write(folder, sample({ started: `2027-01-${day}T12:00:00.000Z` }), 1)
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('Z')),
      ['20260101T000000Z', '20270116T120000Z', '20270117T120000Z', '20990101T000000Z', '20990102T000000Z'],
    )
    assert.deepEqual(await listRuns(folder), [
      '20260101T000000Z',
      '20270116T120000Z',
      '20270117T120000Z',
      '20990101T000000Z',
    ])
  }))

test('keep takes away the oldest runs only', () =>
  inFolder(async (folder) => {
    for (const day of ['15', '16', '17']) await write(folder, sample({ started: `2027-01-${day}T12:00:00.000Z` }), 2)
    assert.deepEqual(await listRuns(folder), ['20270116T120000Z', '20270117T120000Z'])
  }))

test('a full disk is told before anything is asked; what there was stays', () =>
  inFolder(async (folder) => {
    await write(folder, sample())
    const before = readdirSync(folder)
    let asked = false
    const full: typeof writeAtomic = (path) =>
      throwWriteError(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }), path)
    await assert.rejects(
      withEvidenceFolder(folder, { key, now, write: full }, async () => {
        asked = true
      }),
      { code: 'failed', message: /no run can be kept here: no space left/, where: folder },
    )
    assert.equal(asked, false)
    assert.deepEqual(readdirSync(folder), before)
  }))

test('a disk that fills up while a run is written leaves no half of it; earlier runs and copies stay', () =>
  inFolder(async (folder) => {
    await write(folder, sample())
    for (let room = 1; room < 9; room++) {
      let left = room
      const filling: typeof writeAtomic = async (path, data, mode) => {
        if (left-- > 0) return writeAtomic(path, data, mode)
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
      }
      const work = withEvidenceFolder(folder, { key, now, write: filling }, (found) =>
        found.write(sample({ started: '2027-01-16T12:00:00.000Z' })),
      )
      await assert.rejects(work, { code: 'failed', message: /no space left/ })
      assert.deepEqual(readdirSync(folder).sort(), [first, ...copies, 'redoubt.prom'].sort())
      assert.equal(JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')).started, sample().started)
    }
  }))

test('a file where the folder should be, or a verify at work, is refused before anything is asked', () =>
  inFolder(async (folder) => {
    writeFileSync(folder, '')
    await assert.rejects(write(folder, sample()), { code: 'failed' })
    rmSync(folder)
    await withEvidenceFolder(folder, { key, now }, async () => {
      await assert.rejects(write(folder, sample()), { code: 'failed', message: /is at work here/ })
    })
    assert.equal(existsSync(join(folder, '.lock')), false)
  }))

test.run()
