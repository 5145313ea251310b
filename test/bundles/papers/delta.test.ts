// What people read of a delta: what crosses, in which files, and what it makes.
import * as assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { readInventory } from '../../../bundles/delta/inventory.ts'
import { deltaOf } from '../../../bundles/delta/layout.ts'
import { readTransfer } from '../../../bundles/papers/transfer.ts'
import { transferText } from '../../../bundles/papers/transfer-text.ts'
import { writeVolumes } from '../../../bundles/write/volumes.ts'
import { writeBundle } from '../../../bundles/write/write.ts'
import { sha256 } from '../../../lib/hash.ts'
import { fakeBytes, key, partsLayout, temporary } from '../small.ts'

const signal = new AbortController().signal
const options = { jobs: 1, onProgress: () => {}, signal }
const at = (name: string) => join(temporary, name)
const shared = { shared: fakeBytes(3000, 3) }
const [base = ''] = await writeBundle(
  at('lab-0.1.0.tar'),
  await partsLayout('readme', '0.1.0', shared),
  () => {},
  signal,
)
const after = await partsLayout('readme', '0.2.0', { ...shared, more: fakeBytes(20_000, 5) })
const [whole = ''] = await writeBundle(at('lab-0.2.0.tar'), after, () => {}, signal)
const named = { name: 'lab', version: '0.2.0' }
const delta = deltaOf(after, named, await readInventory(base), key.privateKey)
const [file = ''] = await writeBundle(at('lab-0.2.0.delta.tar'), delta, () => {}, signal)
mkdirSync(at('cut'))
const cut = { volumeSize: 20_480, key: key.privateKey, ...named }
const volumes = await writeVolumes(at('cut/lab-0.2.0.delta.tar'), delta, cut, () => {}, signal)
writeFileSync(at('bundle.pub'), key.publicPem)

for (const [what, paths] of [
  ['in one file', [file]],
  ['in volumes', volumes],
] as const)
  test(`the transfer manifest of a delta ${what} names the files and what crosses in them, and its commands work`, async () => {
    const transfer = await readTransfer(paths[0] ?? '', key.publicKey, options)
    assert.deepEqual(
      transfer.files,
      paths.map((path) => ({ name: basename(path), size: statSync(path).size, sha256: sha256(readFileSync(path)) })),
    )
    const items = transfer.kinds.flatMap(({ items }) => items.map(({ kind, name, size }) => `${kind} ${name} ${size}`))
    assert.deepEqual(items, ['file more 20000'])
    const about = Object.fromEntries(transfer.about)
    assert.equal(about.Delta, 'lab 0.2.0 against lab 0.1.0')
    const bytes = delta.needs.reduce((sum, { size }) => sum + size, 0)
    assert.match(
      about['Left out'] ?? '',
      new RegExp(`^${delta.needs.length} blobs, ${bytes} bytes: lab 0.1.0, id sha256:`),
    )
    const commands = transfer.checks.flatMap((check) => check.commands)
    // The executable is not in it, so the one that is there runs.
    assert.match(commands.at(-2) ?? '', /^redoubt bundle verify lab-0.2.0.delta/)
    assert.match(commands.at(-1) ?? '', /^redoubt bundle merge lab-0.2.0.delta\S+ --base FILE --key bundle.pub$/)
    const cwd = dirname(paths[0] ?? '')
    writeFileSync(join(cwd, 'bundle.pub'), key.publicPem)
    const shell = (command: string) => execFileSync('bash', ['-ec', command], { cwd, encoding: 'utf8' })
    const said = commands.slice(0, -2).map(shell).join('')
    assert.equal(said.match(/Signature Verified Successfully/g)?.length, paths.length > 1 ? 3 : 2)
    for (const hex of [...transfer.files.map((one) => one.sha256), about.Id, about['Signed by']])
      assert.ok(hex && said.includes(hex.replace('sha256:', '')), hex)
    writeFileSync(join(cwd, 'page.txt'), transferText(transfer))
    shell("grep -E '^[0-9a-f]{64}  ' page.txt | sha256sum -c")
  })

test('a delta that brings all carries all, the executable too', async () => {
  const nothing = { name: 'lab', version: '0.1.0', id: '0'.repeat(64), blobs: new Set<string>() }
  const [path = ''] = await writeBundle(
    at('all.delta.tar'),
    deltaOf(after, named, nothing, key.privateKey),
    () => {},
    signal,
  )
  const { kinds, checks } = await readTransfer(path, key.publicKey, options)
  const { kinds: expected } = await readTransfer(whole, key.publicKey, options)
  assert.deepEqual(kinds, expected)
  assert.match(checks.flatMap(({ commands }) => commands).at(-1) ?? '', /^\.\/redoubt bundle merge/)
})

const main = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/main.ts')
function redoubt(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'bundle', ...args, '--key', at('bundle.pub')], {
    cwd: temporary,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  return { status, stdout, stderr }
}

test('the commands: sbom and diff of a delta are those of the bundle that it makes', () => {
  const sbom = redoubt('sbom', file)
  assert.equal(sbom.status, 0, sbom.stderr)
  assert.equal(sbom.stdout, redoubt('sbom', whole).stdout)
  assert.equal(sbom.stdout, redoubt('sbom', volumes[0] ?? '').stdout)
  assert.match(sbom.stderr, /of lab 0.2.0 whole, as it is once merged/)
  const diff = redoubt('diff', base, file)
  assert.equal(diff.status, 0, diff.stderr)
  assert.equal(diff.stdout, redoubt('diff', base, whole).stdout)
  assert.match(diff.stderr, /1 blob, 20\.0 kB, (is|are) in the second alone/)
  assert.equal(redoubt('diff', file, whole).stdout, '')
})

test('the command writes the page of a delta that was verified, and none of a damaged one', () => {
  const page = redoubt('inspect', file, '--manifest', 'delta.html')
  assert.equal(page.status, 0, page.stderr)
  assert.match(readFileSync(at('delta.html'), 'utf8'), /lab 0.2.0 against lab 0.1.0/)
  const bytes = readFileSync(file)
  const where = bytes.indexOf(fakeBytes(20_000, 5))
  bytes[where] = (bytes[where] ?? 0) ^ 1
  writeFileSync(at('bad.delta.tar'), bytes)
  assert.equal(redoubt('inspect', 'bad.delta.tar', '--manifest', 'bad.txt').status, 4)
  assert.throws(() => statSync(at('bad.txt')))
})

test.run()
