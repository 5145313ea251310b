import * as assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { extractPart } from '../../../bundles/extract/extract.ts'
import { chooseParts, type Part } from '../../../bundles/extract/parts.ts'
import { writeBundle } from '../../../bundles/write/write.ts'
import { key, partsLayout, temporary } from '../small.ts'

const main = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/main.ts')
const publicKey = join(temporary, 'bundle.pub')
writeFileSync(publicKey, key.publicPem)
const options = { force: false, onBytes: () => {}, signal: new AbortController().signal }

/** A bundle with a file of this name. */
async function bundleWith(fileName: string): Promise<string> {
  const path = join(temporary, 'parts.tar')
  await writeBundle(path, await partsLayout(fileName), () => {}, options.signal)
  return path
}

function redoubt(...args: string[]) {
  const env = { ...process.env, NO_COLOR: '1' }
  return spawnSync(process.execPath, [main, 'bundle', 'extract', ...args, '--key', publicKey], {
    cwd: temporary,
    encoding: 'utf8',
    env,
  })
}

const bundle = await bundleWith('readme')
const files = [
  'charts/web-1.0.0.tgz',
  'files/readme',
  'images/redoubt.dev_etcd_v1.0.0-b1.tar',
  'images/redoubt.dev_pause_v1.0.0-b1.tar',
  'packages/tool_1%3a2.0-1_amd64.deb',
  'redoubt',
  'redoubt.lock.yaml',
]

test('all of it, each under a name that says what it is; again it stays', () => {
  const { status, stdout, stderr } = redoubt(bundle, '--to', 'all')
  assert.equal(status, 0, stderr)
  const found = execFileSync('find', ['.', '-type', 'f'], { cwd: join(temporary, 'all'), encoding: 'utf8' })
  assert.deepEqual(
    found
      .trim()
      .split('\n')
      .map((path) => path.slice(2))
      .sort(),
    files,
  )
  assert.deepEqual(stdout.trim().split('\n').sort(), files.map((path) => join(temporary, 'all', path)).sort())
  assert.equal(readFileSync(join(temporary, 'all/files/readme'), 'utf8'), 'read me\n')
  assert.equal(statSync(join(temporary, 'all/redoubt')).mode & 0o777, 0o755)
  const image = join(temporary, 'all/images/redoubt.dev_etcd_v1.0.0-b1.tar')
  const names = execFileSync('tar', ['-tf', image], { encoding: 'utf8' }).trim().split('\n')
  assert.deepEqual(names.slice(0, 2), ['oci-layout', 'index.json'])
  assert.equal(names.length, 5)
  const again = redoubt(bundle, '--to', 'all', '-o', 'json')
  assert.ok(JSON.parse(again.stdout).files.every(({ written }: { written: boolean }) => !written))
})

test('what is named, by name or by path; a name that is not there brings the nearest', () => {
  assert.equal(redoubt(bundle, 'redoubt.dev/etcd:v1.0.0-b1', 'files/readme', 'lock', '--to', 'some').status, 0)
  assert.deepEqual(readdirSync(join(temporary, 'some')).sort(), ['files', 'images', 'redoubt.lock.yaml'])
  const unknown = redoubt(bundle, 'reedme', '--to', 'none')
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /holds nothing called reedme\n.*Did you mean readme\?/)
  assert.equal(redoubt(bundle, 'readme').status, 2)
})

test('another file of the name stays, unless forced; a link is not followed', () => {
  const folder = join(temporary, 'taken')
  mkdirSync(join(folder, 'files'), { recursive: true })
  writeFileSync(join(folder, 'files/readme'), 'mine')
  const refused = redoubt(bundle, 'readme', '--to', folder)
  assert.equal(refused.status, 2)
  assert.match(refused.stderr, /is already there, and is not the readme of this bundle/)
  assert.equal(readFileSync(join(folder, 'files/readme'), 'utf8'), 'mine')
  assert.equal(redoubt(bundle, 'readme', '--to', folder, '--force').status, 0)
  assert.equal(readFileSync(join(folder, 'files/readme'), 'utf8'), 'read me\n')
  mkdirSync(join(temporary, 'elsewhere'))
  symlinkSync(join(temporary, 'elsewhere'), join(folder, 'packages'))
  const led = redoubt(bundle, 'tool', '--to', folder)
  assert.match(led.stderr, /taken\/packages: is no folder/)
  assert.deepEqual(readdirSync(join(temporary, 'elsewhere')), [])
})

const hostile = ['../escaped', '/escaped', 'a/../../escaped', 'a//b', '.', '', 'new\nline', 'nul\0', 'back\\slash']
for (const name of hostile)
  test(`a hostile name is refused: ${JSON.stringify(name)}`, async () => {
    const part: Part = {
      name,
      path: `files/${name}`,
      mode: 0o644,
      open: async () => ({ size: 1, bytes: (async function* () {})() }),
    }
    const to = join(temporary, 'hostile')
    const path = name.startsWith('/') ? name : part.path
    await assert.rejects(extractPart({ ...part, path }, { ...options, to }), {
      code: 'integrity',
      message: /is no name for a file/,
    })
  })

test('hostile names in a signed lock lead nowhere, and exit 4', async () => {
  const path = await bundleWith('../../escaped')
  const { status, stderr } = redoubt(path, '--to', 'signed')
  assert.equal(status, 4, stderr)
  assert.ok(!readdirSync(temporary).includes('escaped'))
  await bundleWith('readme')
})

test('a damaged blob appears under no name', () => {
  const data = readFileSync(bundle)
  const at = data.lastIndexOf('read me\n')
  data[at] = 1
  const damaged = join(temporary, 'damaged.tar')
  writeFileSync(damaged, data)
  const { status, stderr } = redoubt(damaged, 'readme', '--to', 'damaged')
  assert.equal(status, 4)
  assert.match(stderr, /blobs\/sha256\/[0-9a-f]{64} is damaged/)
  assert.ok(!readdirSync(temporary).includes('damaged'))
})

test('an image may be called by the end of its name, as long as no other ends so', () => {
  const image = (name: string) => ({ name, path: `images/${name}` }) as Part
  const parts = [image('a.example/team/tool:2.0'), image('a.example/web:1'), image('b.example/web:1')]
  assert.deepEqual(chooseParts(parts, ['team/tool:2.0']), [parts[0]])
  assert.deepEqual(chooseParts(parts, ['tool:2.0']), [parts[0]])
  assert.throws(() => chooseParts(parts, ['web:1']), {
    message: 'the bundle holds several images called web:1',
    hint: /^Did you mean a.example\/web:1 or b.example\/web:1\?/,
  })
  assert.throws(() => chooseParts(parts, ['ool:2.0']), /nothing called/)
  const many = Array.from({ length: 1000 }, (_, index) => image(`r${index}.example/web:1`))
  assert.throws(() => chooseParts(many, ['web:1']), {
    hint: /^Did you mean r0.example\/web:1 or .{100,200} or another\?/,
  })
})

test('one name asked for twice, and two parts of one name', () => {
  const part = (name: string, path: string) => ({ name, path }) as Part
  const parts = [part('etcd', 'programs/etcd'), part('etcd', 'packages/etcd.deb'), part('x', 'files/x')]
  assert.deepEqual(chooseParts(parts, ['etcd', 'etcd']), parts.slice(0, 2))
  assert.deepEqual(chooseParts(parts, []), parts)
})

test.run()
