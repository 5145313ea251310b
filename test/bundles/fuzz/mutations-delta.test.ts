// Seeded damage to a delta, whole and in volumes, and to a volume that is checked alone: as mutations.test.ts does it to bundles.
import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { readInventory } from '../../../bundles/delta/inventory.ts'
import { deltaOf } from '../../../bundles/delta/layout.ts'
import { mergeDelta } from '../../../bundles/delta/merge.ts'
import { openDelta } from '../../../bundles/delta/open.ts'
import { verifyDelta } from '../../../bundles/delta/verify.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { verifyVolume } from '../../../bundles/read/verify-volume.ts'
import { writeVolumes } from '../../../bundles/write/volumes.ts'
import { writeBundle } from '../../../bundles/write/write.ts'
import type { RedoubtError } from '../../../lib/errors.ts'
import { fakeBytes, key, partsLayout, refusal } from '../small.ts'
import { diceOf, fileMutations } from './mutations.ts'
import { type Files, mutatorOf, pick, readAll, same, setMutationsWith } from './set-mutations.ts'

const count = Number(process.env.REDOUBT_MUTATIONS ?? 150)
const signal = new AbortController().signal
const check = { jobs: 1, onProgress: () => {}, signal }

// In memory where there is a place for it: every file that is written is synced, and a disk would take its time.
const temporary = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'redoubt-mutations-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

const place = (name: string, file: string): string => {
  mkdirSync(join(temporary, name), { recursive: true })
  return join(temporary, name, file)
}
const shared = { shared: fakeBytes(9000, 3), odd: fakeBytes(777, 4) }
const oldLayout = await partsLayout('readme', '0.1.0', shared)
const [basePath = ''] = await writeBundle(place('base', 'lab.tar'), oldLayout, () => {}, signal)
const newLayout = await partsLayout('readme', '0.2.0', { ...shared, more: fakeBytes(12_000, 5) })
const named = { name: 'lab', version: '0.2.0' }
const layout = deltaOf(newLayout, named, await readInventory(basePath), key.privateKey)
const cut = { volumeSize: 17_408, key: key.privateKey, ...named }
const whole = readAll(await writeBundle(place('whole', 'lab.delta.tar'), layout, () => {}, signal))
const volumes = readAll(await writeVolumes(place('volumes', 'lab.delta.tar'), layout, cut, () => {}, signal))
// Of a bundle, under the names of the delta's.
const others = readAll(await writeVolumes(place('others', 'lab.delta.tar'), newLayout, cut, () => {}, signal))
/** As the commands do it: what does not begin as a delta is taken for a bundle, which it is not. */
async function verify(path: string): Promise<void> {
  const delta = await openDelta(path, key.publicKey)
  if (!delta) return void (await verifyBundle(path, key.publicKey, check))
  await verifyDelta(delta, key.publicKey, check).finally(() => delta.archive.file.close())
}

async function merge(path: string, to: string): Promise<void> {
  const delta = await openDelta(path, key.publicKey)
  if (!delta) return void (await verifyBundle(path, key.publicKey, check))
  const options = { key: key.publicKey, onProgress: () => {}, signal }
  await mergeDelta(delta, basePath, to, options).finally(() => delta.archive.file.close())
}

const mutate = mutatorOf(whole, volumes, setMutationsWith(others))

function expectNamed(error: RedoubtError | undefined, what: string, round: string): void {
  assert.ok(error, `${what}: passed`)
  assert.equal(error.code, 'integrity', `${what}: ${error.message}`)
  assert.ok(error.message.length > 5 && error.where?.startsWith(round), `${what}: ${error.where}`)
}

function lay(files: Files): string {
  const round = join(temporary, 'round', 'inner')
  rmSync(dirname(round), { recursive: true, force: true })
  mkdirSync(round, { recursive: true })
  for (const [file, data] of files) writeFileSync(join(round, file), data)
  return round
}

test(`${count} mutations of a delta: verify and merge each detect and name it, and write nothing`, async () => {
  let unchanged = 0
  for (let seed = 0; seed < count; seed++) {
    const { name, files, good } = mutate(seed)
    const what = `${seed} ${name}`
    if (same(files, good) && ++unchanged) continue
    const round = lay(files)
    const path = join(round, 'lab.delta.tar')
    expectNamed(await refusal(verify(path)), what, round)
    const to = join(dirname(round), 'to')
    mkdirSync(to)
    expectNamed(await refusal(merge(path, join(to, 'lab.tar'))), what, round)
    assert.deepEqual(readdirSync(to), [], `${what}: something was merged`)
    assert.deepEqual(readdirSync(round).sort(), [...files.keys()].sort(), `${what}: something was written`)
    assert.deepEqual(readdirSync(dirname(round)), ['inner', 'to'], `${what}: something was written outside`)
  }
  assert.ok(unchanged <= count / 20, `${unchanged} unchanged`)
})

test(`${count} mutations of one volume, of a bundle or a delta: checked alone, each is detected and named`, async () => {
  let unchanged = 0
  for (let seed = 0; seed < count; seed++) {
    const dice = diceOf(seed ^ 0x5eed)
    const set = seed % 2 === 0 ? volumes : others
    const target = pick(set, dice)
    const good = set.get(target) ?? Buffer.alloc(0)
    const mutation = fileMutations[dice(fileMutations.length)]
    const data = mutation?.change(Buffer.from(good), dice) ?? good
    if (data.equals(good) && ++unchanged) continue
    const round = lay(new Map([[target, data]]))
    const path = join(round, target)
    expectNamed(await refusal(verifyVolume(path, key.publicKey, check)), `${seed} ${target}: ${mutation?.name}`, path)
    assert.deepEqual(readdirSync(round), [target])
  }
  assert.ok(unchanged <= count / 20, `${unchanged} unchanged`)
})

const main = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/main.ts')

test('the commands end with exit code 4 and one error, also for what is no delta any more', () => {
  writeFileSync(join(temporary, 'bundle.pub'), key.publicPem)
  const [[name, data] = ['', Buffer.alloc(0)]] = volumes
  const late = Buffer.from(data)
  late[late.length - 700] = (late[late.length - 700] ?? 0) ^ 1
  const noise = fakeBytes(6000, 8)
  for (const [files, ...words] of [
    [new Map([[name, late]]), 'verify', '--volume', name],
    [new Map([['lab.delta.tar', noise]]), 'verify', 'lab.delta.tar'],
    [new Map([['lab.delta.tar', noise]]), 'merge', 'lab.delta.tar', '--base', basePath],
  ] as [Files, ...string[]][]) {
    const cwd = lay(files)
    const args = [main, 'bundle', ...words, '--key', join(temporary, 'bundle.pub')]
    const env = { ...process.env, NO_COLOR: '1' }
    const { status, stderr, stdout } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', env })
    assert.equal(status, 4, stderr)
    assert.equal(stdout, '')
    assert.equal(stderr.match(/^error: /gm)?.length, 1, stderr)
    assert.doesNotMatch(stderr, /^ +at /m)
    assert.deepEqual(readdirSync(cwd), [...files.keys()])
  }
})

test.run()
