import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { type Inventory, readInventory } from '../../../bundles/delta/inventory.ts'
import { deltaOf } from '../../../bundles/delta/layout.ts'
import { mergeDelta } from '../../../bundles/delta/merge.ts'
import { openDelta } from '../../../bundles/delta/open.ts'
import { bundleOfDelta, deltaPath } from '../../../bundles/format/delta.ts'
import { openBundle } from '../../../bundles/read.ts'
import { writeVolumes } from '../../../bundles/write/volumes.ts'
import { writeBundle } from '../../../bundles/write/write.ts'
import { sha256 } from '../../../lib/hash.ts'
import { type Change, flip } from '../damage.ts'
import { fakeBytes, fixedKey, key, partsLayout, refusal } from '../small.ts'

// In memory where there is a place for it: every file that is written is synced, and a disk would take its time.
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'redoubt-delta-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const signal = new AbortController().signal
const quiet = () => {}
const named = { name: 'lab', version: '0.2.0' }
const cut = { volumeSize: 14_336, key: key.privateKey, ...named }
const options = { key: key.publicKey, onProgress: quiet, signal }

const at = (name: string) => join(folder, name)
const shared = { shared: fakeBytes(30_000, 3), odd: fakeBytes(777, 4) }
const oldLayout = await partsLayout('readme', '0.1.0', shared)
const [basePath = ''] = await writeBundle(at('lab-0.1.0.tar'), oldLayout, quiet, signal)
const newLayout = await partsLayout('readme', '0.2.0', { ...shared, more: fakeBytes(20_000, 5) })
const [fullPath = ''] = await writeBundle(at('full.tar'), newLayout, quiet, signal)
const full = readFileSync(fullPath)
const inventory = await readInventory(basePath)
const layout = deltaOf(newLayout, named, inventory, key.privateKey)
const [deltaFile = ''] = await writeBundle(at('lab-0.2.0.delta.tar'), layout, quiet, signal)

let targets = 0
/** Merges into a folder of its own; what stands there afterwards is all that a merge wrote. */
async function merge(delta: string, base: string): Promise<Buffer> {
  const place = at(`target-${targets++}`)
  mkdirSync(place)
  const target = join(place, 'lab.tar')
  const open = await openDelta(delta, key.publicKey)
  assert.ok(open, 'no delta')
  try {
    await mergeDelta(open, base, target, options)
    return readFileSync(target)
  } catch (error) {
    assert.deepEqual(readdirSync(place), [], 'something was left')
    throw error
  } finally {
    await open.archive.file.close()
  }
}

/** A file with these changes, at offsets. */
function changed(path: string, name: string, change: Change): string {
  writeFileSync(at(name), change(Buffer.from(readFileSync(path))))
  return at(name)
}

test('a delta carries what the base lacks, and merged it is the very bundle', async () => {
  const size = readFileSync(deltaFile).length
  assert.ok(size < full.length - 30_000 && size === layout.size, `${size} of ${full.length}`)
  assert.ok(layout.needs.some(({ path }) => path === 'redoubt'))
  assert.ok((await merge(deltaFile, basePath)).equals(full))
})

test('the same delta is written twice', () => {
  const again = deltaOf(newLayout, named, inventory, key.privateKey)
  assert.equal(again.id, layout.id)
})

test('base, delta or both in volumes', async () => {
  mkdirSync(at('cut'))
  const [baseVolume = ''] = await writeVolumes(at('cut/base.tar'), oldLayout, cut, quiet, signal)
  const deltas = await writeVolumes(
    at('cut/lab-0.2.0.delta.tar'),
    layout,
    { ...cut, volumeSize: 20_480 },
    quiet,
    signal,
  )
  assert.ok(deltas.length > 1)
  assert.ok((await merge(deltaFile, baseVolume)).equals(full))
  assert.ok((await merge(deltas[0] ?? '', basePath)).equals(full))
  assert.ok((await merge(at('cut/lab-0.2.0.delta.tar'), at('cut/base.tar'))).equals(full))
  assert.deepEqual(await readInventory(baseVolume), inventory)
  rmSync(at('cut/base.vol002.tar'))
  const error = await refusal(merge(deltaFile, baseVolume))
  assert.match(`${error?.where} ${error?.message}`, /base.vol002.tar is missing/)
  rmSync(deltas[1] ?? '')
  assert.match(`${(await refusal(merge(deltas[0] ?? '', basePath)))?.where}`, /delta.vol002.tar/)
})

test('nothing in common, and nothing new', async () => {
  const foreign: Inventory = { ...inventory, blobs: new Set() }
  for (const base of [foreign, { ...inventory, blobs: new Set(newLayout.entries.map(hexOf)) }]) {
    const one = deltaOf(newLayout, named, base, key.privateKey)
    const [path = ''] = await writeBundle(at('edge.delta.tar'), one, quiet, signal)
    if (base === foreign) assert.ok((await merge(path, basePath)).equals(full))
    else
      assert.match(
        String((await refusal(merge(path, basePath)))?.message),
        /lacks blobs\/sha256\/[0-9a-f]{64}, which the delta needs/,
      )
  }
})

function hexOf({ blob }: { blob: { digest: string } }): string {
  return blob.digest.replace('sha256:', '')
}

const sharedAt = readFileSync(basePath).indexOf(shared.shared)
const damaged: { name: string; base: () => string | Promise<string>; code: string; says: RegExp }[] = [
  {
    name: 'another bundle',
    base: () => fullPath,
    code: 'usage',
    says: /full.tar: is lab 0.2.0, id [0-9a-f]{12}; The delta needs lab 0.1.0, id/,
  },
  { name: 'the delta itself', base: () => deltaFile, code: 'usage', says: /is a delta, which is no bundle/ },
  {
    name: 'no bundle',
    base: () => changed(basePath, 'noise', () => fakeBytes(5000, 1)),
    code: 'integrity',
    says: /noise/,
  },
  { name: 'nothing there', base: () => at('absent.tar'), code: 'usage', says: /no such file/ },
  {
    name: 'a damaged blob that is needed',
    base: () => changed(basePath, 'damaged.tar', flip(sharedAt + 99)),
    code: 'integrity',
    says: new RegExp(`damaged.tar: blobs/sha256/${sha256(shared.shared)} is damaged`),
  },
  {
    name: 'truncated in a blob that is needed',
    base: () => changed(basePath, 'short.tar', (data) => data.subarray(0, sharedAt + 9)),
    code: 'integrity',
    says: /short.tar: ends at byte \d+, before or in blobs\/sha256/,
  },
  {
    name: 'a changed statement',
    base: () =>
      changed(basePath, 'statement.tar', (data) =>
        Buffer.from(data.toString('latin1').replace('"version":"0.1.0"', '"version":"0.1.1"'), 'latin1'),
      ),
    code: 'usage',
    says: /is lab 0.1.1, id/,
  },
]
for (const { name, base, code, says } of damaged)
  test(`a base that will not do is named: ${name}`, async () => {
    const error = await refusal(merge(deltaFile, await base()))
    assert.equal(error?.code, code)
    assert.match(`${error?.where}: ${error?.message}; ${error?.hint}`, says)
  })

test('damage in a base outside of what is needed does no harm', async () => {
  const data = readFileSync(basePath)
  assert.ok((await merge(deltaFile, changed(basePath, 'tail.tar', flip(data.length - 3)))).equals(full))
})

test('what stands behind the signature of the list, where zeros should, is found', async () => {
  const behind = readFileSync(deltaFile).indexOf('bundle/delta.sig\0') + 512 + 64
  const path = changed(deltaFile, 'padding.delta.tar', flip(behind))
  await assert.rejects(openDelta(path, key.publicKey), { code: 'integrity', where: path })
})

test('a target that is there stays', async () => {
  const open = await openDelta(deltaFile, key.publicKey)
  assert.ok(open)
  await assert.rejects(mergeDelta(open, basePath, basePath, options), { code: 'usage', message: /is already there/ })
  await open.archive.file.close()
})

test('another key: refused before anything is parsed; the inside refuses a bare delta', async () => {
  await assert.rejects(openDelta(deltaFile, fixedKey(9).publicKey), {
    code: 'integrity',
    message: /not signed by this key/,
  })
  await assert.rejects(openBundle(deltaFile, key.publicPem), { code: 'usage', message: /is a delta/ })
  assert.equal(await openDelta(basePath, key.publicKey), undefined)
})

test('a list and a head that this key signed, of two bundles, do not go together', async () => {
  const other = deltaOf({ ...newLayout, id: oldLayout.id }, named, inventory, key.privateKey)
  const [path = ''] = await writeBundle(at('mixed.delta.tar'), other, quiet, signal)
  await assert.rejects(merge(path, basePath), { code: 'integrity', message: /the head of another bundle/ })
})

const main = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/main.ts')
const publicKey = at('bundle.pub')
writeFileSync(publicKey, key.publicPem)

function redoubt(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'bundle', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: at('xdg') },
  })
  return { status, stdout, stderr }
}

test('the commands: verify, inspect, merge, and what inspect prints as an inventory', async () => {
  const verified = redoubt('verify', deltaFile, '--key', publicKey)
  assert.match(verified.stdout, /^delta of lab 0.2.0 against lab 0.1.0, id [0-9a-f]{12}: .* signed by/)
  assert.match(verified.stderr, /bundle merge lab-0.2.0.delta.tar --base FILE/)
  const shown = JSON.parse(redoubt('inspect', deltaFile, '--key', publicKey, '-o', 'json').stdout)
  assert.deepEqual([shown.kind, shown.base.version, shown.needs.length], ['BundleDelta', '0.1.0', layout.needs.length])
  const bare = redoubt('extract', deltaFile, '--key', publicKey, '--to', at('parts'))
  assert.equal(bare.status, 2)
  assert.match(bare.stderr, /is a delta.*\n.*bundle merge/)
  assert.ok(!existsSync(at('parts')))
  const merged = redoubt('merge', deltaFile, '--base', basePath, '--key', publicKey)
  assert.equal(merged.status, 0, merged.stderr)
  assert.ok(readFileSync(at('lab-0.2.0.tar')).equals(full))
  copyFileSync(basePath, at('inside.tar'))
  writeFileSync(at('inside.json'), redoubt('inspect', at('inside.tar'), '-o', 'json').stdout)
  assert.deepEqual(await readInventory(at('inside.json')), inventory)
  writeFileSync(at('odd.json'), '{"kind":"Bundle"}')
  await assert.rejects(readInventory(at('odd.json')), { code: 'usage', message: /is no inventory/ })
})

test('where the bundle should be is its delta alone', async () => {
  copyFileSync(deltaFile, at('alone.delta.tar'))
  const hint = `Its delta is there, to be merged with the bundle before: redoubt bundle merge ${at('alone.delta.tar')} --base FILE`
  await assert.rejects(openBundle(at('alone.tar'), key.publicPem), { code: 'usage', hint })
})

test('names', () => {
  assert.equal(deltaPath('/a/lab-0.2.0.tar'), '/a/lab-0.2.0.delta.tar')
  assert.equal(bundleOfDelta('/a/lab-0.2.0.delta.tar'), '/a/lab-0.2.0.tar')
  assert.equal(bundleOfDelta('/a/lab-0.2.0.delta.vol001.tar'), '/a/lab-0.2.0.tar')
  assert.equal(bundleOfDelta('/a/lab-0.2.0.tar'), undefined)
})

test.run()
