// Whatever happens to a bundle is detected and named, brings nothing out of its place, and is mended from a good copy.
// REDOUBT_MUTATIONS=10000 (npm run fuzz:bundle): so many, instead of some hundred. REDOUBT_MUTATION=N: that one alone.
import * as assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import { extractPart } from '../../../bundles/extract/extract.ts'
import { partsOf } from '../../../bundles/extract/parts.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { readHead } from '../../../bundles/read.ts'
import { repairBundle } from '../../../bundles/repair/repair.ts'
import { writeVolumes } from '../../../bundles/write/volumes.ts'
import { writeBundle } from '../../../bundles/write/write.ts'
import { key, partsLayout, refusal } from '../small.ts'
import { mutatorOf, readAll as read, same, setMutationsWith } from './set-mutations.ts'

const signal = new AbortController().signal
const quick = 300
const count = Number(process.env.REDOUBT_MUTATIONS ?? quick)
const only = process.env.REDOUBT_MUTATION === undefined ? undefined : Number(process.env.REDOUBT_MUTATION)

// In memory where there is a place for it: every file that is written is synced, and a disk would take its time.
const temporary = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'redoubt-mutations-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

mkdirSync(join(temporary, 'good'))
const goodPath = join(temporary, 'good', 'lab.tar')
const layout = await partsLayout('readme')
const volumeOptions = { volumeSize: 14_336, key: key.privateKey, name: 'lab', version: '0.1.0' }
const volumePaths = await writeVolumes(goodPath, layout, volumeOptions, () => {}, signal)
const volumes = read(volumePaths)
const otherLayout = await partsLayout('readme', '0.2.0')
mkdirSync(join(temporary, 'other'))
const others = read(
  await writeVolumes(join(temporary, 'other', 'lab.tar'), otherLayout, volumeOptions, () => {}, signal),
)
// Not in that folder, where volumes of the same name would go.
mkdirSync(join(temporary, 'whole'))
const wholePath = join(temporary, 'whole', 'lab.tar')
const whole = read(await writeBundle(wholePath, layout, () => {}, signal))

const mutate = mutatorOf(whole, volumes, setMutationsWith(others))

/** Takes everything out that the damaged bundle still gives; returns what is not as in the good one. */
async function extractAll(path: string, to: string): Promise<string[]> {
  const wrong: string[] = []
  const head = await readHead(path, key.publicKey, true)
  try {
    const options = { to, force: false, onBytes: () => {}, signal }
    for (const part of partsOf(head)) {
      const error = await refusal(extractPart(part, options))
      if (error && error.code !== 'integrity') wrong.push(error.message)
      if (!error && !readFileSync(join(to, part.path)).equals(readFileSync(join(expected, part.path))))
        wrong.push(part.path)
    }
  } finally {
    await head.archive.file.close()
  }
  return wrong
}

const expected = join(temporary, 'expected')
assert.deepEqual(await extractAll(wholePath, expected), [])

async function attempt(seed: number): Promise<string> {
  const { name, files, good } = mutate(seed)
  if (same(files, good)) return 'unchanged'
  const round = join(temporary, 'round', 'inner')
  rmSync(dirname(round), { recursive: true, force: true })
  mkdirSync(round, { recursive: true })
  for (const [file, data] of files) writeFileSync(join(round, file), data)
  const path = join(round, 'lab.tar')
  const before = readdirSync(round).sort()
  const check = { jobs: 1, onProgress: () => {}, signal }
  const error = await refusal(verifyBundle(path, key.publicKey, check))
  assert.ok(error, `${seed} ${name}: passed`)
  assert.equal(error.code, 'integrity', `${seed} ${name}: ${error.message}`)
  assert.ok(error.message.length > 5 && error.where?.startsWith(round), `${seed} ${name}: ${error.where}`)
  const reading = await refusal(
    extractAll(path, join(round, 'to')).then((wrong) => assert.deepEqual(wrong, [], `${seed} ${name}`)),
  )
  assert.ok(!reading || reading.code === 'integrity', `${seed} ${name}: ${reading?.message}`)
  const beside = readdirSync(round).filter((file) => file !== 'to')
  assert.deepEqual(beside.sort(), before, `${seed} ${name}: something was written outside`)
  assert.deepEqual(readdirSync(dirname(round)), ['inner'], `${seed} ${name}: something was written outside`)
  const copy = good === whole ? wholePath : (volumePaths[0] as string)
  const options = {
    key: key.publicKey,
    jobs: 1,
    dryRun: false,
    further: async () => new Map(),
    onBytes: () => {},
    signal,
  }
  const refused = await refusal(repairBundle(path, [copy], options))
  if (refused) {
    assert.equal(refused.code, 'usage', `${seed} ${name}: ${refused.message}`)
    return 'detected, for repair too foreign'
  }
  for (const [file, data] of good)
    assert.ok(readFileSync(join(round, file)).equals(data), `${seed} ${name}: ${file} was not mended`)
  return 'detected, mended'
}

test(`${count} mutations: each is detected and named, nothing leaves its folder, a good copy mends it`, async () => {
  const results: Record<string, number> = {}
  for (let seed = only ?? 0; seed < (only === undefined ? count : only + 1); seed++) {
    const result = await attempt(seed)
    results[result] = (results[result] ?? 0) + 1
    if (seed % 1000 === 999) process.stderr.write(`${seed + 1} ${JSON.stringify(results)}\n`)
  }
  const { unchanged = 0, 'detected, mended': mended = 0 } = results
  assert.ok(only !== undefined || (unchanged < count / 20 && mended > count / 2), JSON.stringify(results))
})

test.run()
