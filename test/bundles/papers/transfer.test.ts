import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'uvu'
import { readTransfer, type Transfer } from '../../../bundles/papers/transfer.ts'
import { transferHtml } from '../../../bundles/papers/transfer-html.ts'
import { transferText } from '../../../bundles/papers/transfer-text.ts'
import { sha256 } from '../../../lib/hash.ts'
import { key, smallBundle, smallVolumes, temporary } from '../small.ts'

const options = { jobs: 2, onProgress: () => {}, signal: new AbortController().signal }
const bundle = await smallBundle('lab-0.1.0.tar')
const volumes = await smallVolumes('cut-0.1.0.tar', 1_000_000)
const whole = await readTransfer(bundle, key.publicKey, options)
const cut = await readTransfer(volumes[0] as string, key.publicKey, options)
writeFileSync(join(temporary, 'bundle.pub'), key.publicPem)

const shell = (command: string) =>
  execFileSync('bash', ['-ec', `set -o pipefail; ${command}`], { cwd: temporary, encoding: 'utf8' })

test('every file is named with its size and SHA-256, volumes with their headers', () => {
  for (const [paths, transfer] of [
    [[bundle], whole],
    [volumes, cut],
  ] as const)
    assert.deepEqual(
      transfer.files,
      paths.map((path) => ({ name: basename(path), size: statSync(path).size, sha256: sha256(readFileSync(path)) })),
    )
})

test('an image has the bytes of all that is carried of it', () => {
  const images = whole.kinds.find(({ title }) => title === 'Images')?.items
  const image = images?.find(({ name }) => name.includes('/etcd:'))
  const blob = (digest: string) => JSON.parse(shell(`tar -xOf ${bundle} blobs/sha256/${digest.replace('sha256:', '')}`))
  const manifest = blob(image?.digest ?? '')
  const size = manifest.config.size + manifest.layers[0].size
  assert.equal(image?.size, size + JSON.stringify(manifest).length)
})

test('sha256sum takes the lines of the text', () => {
  for (const transfer of [whole, cut]) {
    writeFileSync(join(temporary, 'page.txt'), transferText(transfer))
    const said = shell("grep -E '^[0-9a-f]{64}  ' page.txt | sha256sum -c")
    assert.deepEqual(
      said.trim().split('\n'),
      transfer.files.map(({ name }) => `${name}: OK`),
    )
  }
})

test('the commands that it gives work as they stand, and print what it says', () => {
  for (const transfer of [whole, cut]) {
    const about = Object.fromEntries(transfer.about)
    const commands = transfer.checks.flatMap((check) => check.commands)
    const last = commands.pop()
    assert.equal(last, `./redoubt bundle verify ${transfer.files[0]?.name} --key bundle.pub`)
    const said = commands.map(shell).join('')
    assert.equal(said.match(/Signature Verified Successfully/g)?.length, transfer === cut ? 3 : 2)
    for (const hex of [...transfer.files.map((file) => file.sha256), about.Id, about['Signed by']])
      assert.ok(hex && said.includes(hex.replace('sha256:', '')), hex)
  }
})

test('the same bundle gives the same page', async () => {
  const again = await readTransfer(bundle, key.publicKey, { ...options, jobs: 1 })
  assert.equal(transferText(again), transferText(whole))
  assert.equal(transferHtml(again), transferHtml(whole))
})

test('the page asks for nothing and runs nothing; names are text, on one line', () => {
  const page = transferHtml(whole)
  assert.doesNotMatch(page, /<script|<link|<img|src=|href=|url\(|https?:/)
  assert.match(page, /default-src &#39;none&#39;; style-src &#39;sha256-/)
  const evil = '<script>\n\u001b[31m\u202e'
  const files: Transfer['files'] = [{ name: evil, size: 1, sha256: '0'.repeat(64) }]
  assert.ok(!transferHtml({ ...whole, files }).includes('<script>'))
  assert.ok(transferText({ ...whole, files }).includes(`${'0'.repeat(64)}  <script>··[31m·\n`))
})

test.run()
