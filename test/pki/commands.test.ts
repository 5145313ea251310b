import * as assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const workspace = mkdtempSync(join(tmpdir(), 'redoubt-pki-'))
test.after(() => rmSync(workspace, { recursive: true }))
writeFileSync(join(workspace, 'redoubt.yaml'), readFileSync(join(root, 'test', 'fixtures', 'redoubt.yaml')))

function redoubt(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const all = [join(root, 'scripts', 'main.ts'), '-w', workspace, ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env: { ...process.env, NO_COLOR: '1' } }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })
}

test('check and show before init: exit 2, the file, the remedy', async () => {
  for (const command of ['check', 'show']) {
    const { code, stdout, stderr } = await redoubt('pki', command)
    assert.equal(code, 2, command)
    assert.equal(stdout, '')
    assert.match(stderr, /keys\/ledger\.json: no such file\n {2}Run `redoubt pki init` first\./)
  }
})

test('a dry run, then the real one, then nothing', async () => {
  const dry = await redoubt('pki', 'init', '--dry-run')
  assert.equal(dry.code, 0)
  assert.match(dry.stdout, /^TO ISSUE +WHY\nroot +new\n/)
  const first = await redoubt('pki', 'init', '-o', 'json')
  const changes = JSON.parse(first.stdout)
  assert.equal(changes.kind, 'PkiChanges')
  assert.equal(changes.issued.length, 24)
  assert.match(first.stderr, /✓ PKI of lab {2}7 authorities, 17 leaves; 24 issued/)
  const second = await redoubt('pki', 'init')
  assert.equal(second.code, 0)
  assert.equal(second.stdout, '')
  assert.match(second.stderr, /7 authorities, 17 leaves; 0 issued/)
  for (const { stdout, stderr } of [dry, first, second]) assert.equal(/PRIVATE|secret:/.test(stdout + stderr), false)
})

test('show lists what is current, one id with its names', async () => {
  const all = JSON.parse((await redoubt('pki', 'show', '-o', 'json')).stdout)
  assert.equal(all.certificates.length, 24)
  const one = JSON.parse((await redoubt('pki', 'show', 'kubelet-serving', '-o', 'json')).stdout)
  assert.deepEqual(
    one.certificates.map((entry: { id: string; names: string }) => [entry.id, entry.names]),
    [
      ['kubelet-serving/cp1', 'DNS:cp1, IP Address:10.77.0.11'],
      ['kubelet-serving/w1', 'DNS:w1, IP Address:10.77.0.12'],
    ],
  )
  const admin = all.certificates.find((entry: { id: string }) => entry.id === 'admin')
  const marked = JSON.parse((await redoubt('pki', 'show', `X509SHA256=${admin.sha256}`, '-o', 'json')).stdout)
  assert.deepEqual(marked.certificates, [admin])
  const unknown = await redoubt('pki', 'show', 'nothing')
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /the ledger knows no certificate nothing/)
})

test('check passes, and exits 3 naming the key that is gone', async () => {
  const good = await redoubt('pki', 'check', '-o', 'json')
  assert.equal(good.code, 0, good.stdout)
  assert.equal(JSON.parse(good.stdout).ok, true)
  rmSync(join(workspace, 'keys', 'scheduler', 'cp1.key'))
  const bad = await redoubt('pki', 'check')
  assert.equal(bad.code, 3)
  assert.match(bad.stdout, /scheduler\/cp1 .*its key scheduler\/cp1\.key is missing/)
  assert.match(bad.stderr, /error: 1 problem in /)
  assert.equal(/ at .*\.ts:/.test(bad.stderr), false, 'no stack trace')
})

test.run()
