// The scripts that run on nodes, run here against a folder of this machine: no root, no network.
import * as assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'uvu'
import { RedoubtError } from '../../../lib/errors.ts'
import { type Placed, placeScript, placeStream } from '../../../scripts/apply/on-node/place.ts'
import { loaderCommand, shellQuote } from '../../../scripts/ssh/quote.ts'
import { type Channel, createShell, localChannel } from '../../../scripts/ssh/transport.ts'

const shell = createShell('n1', localChannel)
const folder = mkdtempSync(join(tmpdir(), 'redoubt-test-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))

const words = ['', 'plain', "it's", '"; rm -rf / #', '$(touch x) `id`', 'two\nlines', '-n', '\\', '*', 'ü€']
for (const word of words)
  test(`a shell reads ${JSON.stringify(word)} as one word`, () => {
    const text = execFileSync('sh', ['-c', `printf '%s' ${shellQuote(word)}`], { encoding: 'utf8' })
    assert.equal(text, word)
  })

test('NUL cannot be quoted', () => {
  assert.throws(() => shellQuote('a\0b'))
})

test('a script gets its words and its own input, to the byte', async () => {
  const script = `printf '%s|' "$@"; cat; umask`
  const { stdout } = await shell.run(script, { args: words, stdin: 'in\n' })
  assert.equal(stdout, `${words.join('|')}|in\n0077\n`)
})

test('a script of many bytes and multi-byte letters is counted in bytes', async () => {
  const script = `# ${'ü'.repeat(50_000)}\ncat`
  assert.equal((await shell.run(script, { stdin: 'after' })).stdout, 'after')
  assert.match(loaderCommand(Buffer.byteLength(script), []), /head -c 100006/)
})

test('input is streamed from a source', async () => {
  const source = Readable.from([Buffer.from('a'), Buffer.from('b')])
  assert.equal((await shell.run('cat', { stdin: source })).stdout, 'ab')
})

const failures: { name: string; run: () => Promise<unknown>; message: RegExp }[] = [
  {
    name: 'the last lines of what it said',
    run: () => shell.run('echo one >&2; echo two >&2; exit 7'),
    message: /one\n {2}two/,
  },
  { name: 'its exit code when it said nothing', run: () => shell.run('exit 7'), message: /exit code 7/ },
  { name: 'an endless answer', run: () => shell.run('yes', { limit: 1000 }), message: /more than 1000 bytes/ },
  { name: 'a source that fails', run: () => shell.run('cat', { stdin: Readable.from(broken()) }), message: /bad blob/ },
]
for (const { name, run, message } of failures)
  test(`a failing script is told with the node and ${name}`, async () => {
    await assert.rejects(
      run,
      (error) => error instanceof RedoubtError && message.test(error.message) && error.where === 'node n1',
    )
  })

test('an accepted exit code is an answer', async () => {
  assert.equal((await shell.run('exit 3', { accept: [3] })).code, 3)
})

test('a way that fails is told apart from a script that does', async () => {
  const way: Channel = {
    ...localChannel,
    unreachable: async ({ code }) => (code === 255 ? { problem: 'cannot be reached', hint: 'Look.' } : undefined),
  }
  await assert.rejects(createShell('n1', way).run('exit 255'), /cannot be reached/)
})

async function* broken(): AsyncGenerator<Buffer> {
  yield Buffer.from('half')
  throw new Error('bad blob')
}

const owner = execFileSync('sh', ['-c', 'printf "%s:%s" "$(id -un)" "$(id -gn)"'], { encoding: 'utf8' })

function placed(path: string, text: string, mode = '0600'): Placed {
  const bytes = Buffer.from(text)
  return { entry: { path, mode, owner, size: bytes.length }, source: async () => [bytes] }
}

async function place(files: readonly Placed[], name: string): Promise<string> {
  const root = join(folder, name)
  mkdirSync(root)
  const at = files.map((file) => ({ ...file, entry: { ...file.entry, path: join(root, file.entry.path) } }))
  await shell.run(placeScript, { args: [join(root, 'state/staging')], stdin: placeStream(at) })
  return root
}

test('files are placed with their modes, folders made, staging gone', async () => {
  const root = await place(
    [placed('a/b/key', 'secret'), placed('tool', '#!/bin/sh\n', '0755'), placed('empty', '')],
    'good',
  )
  assert.equal(readFileSync(join(root, 'a/b/key'), 'utf8'), 'secret')
  const mode = (path: string) => (statSync(join(root, path)).mode & 0o777).toString(8)
  assert.deepEqual(['a/b/key', 'tool', 'empty', 'a/b', 'state'].map(mode), ['600', '755', '600', '755', '700'])
  assert.equal(spawnSync('ls', [join(root, 'state')], { encoding: 'utf8' }).stdout, '')
})

test('what changes hands does so before the new manifest is there, a folder with all within', async () => {
  const root = join(folder, 'handed')
  const data = join(root, 'data')
  const manifest = join(root, 'manifests/none-such-pod.yaml')
  const tools = join(root, 'bin')
  for (const path of [data, tools, join(root, 'manifests')]) mkdirSync(path, { recursive: true })
  writeFileSync(join(data, 'key'), 'x', { mode: 0o644 })
  writeFileSync(manifest, 'old')
  const note = `echo "$* $(cat ${manifest} 2>/dev/null || echo none)" >> ${root}/told`
  writeFileSync(join(tools, 'chown'), `#!/bin/sh\n${note}\n`, { mode: 0o755 })
  const args = [join(root, 'staging'), '0', '0700', '379:379', data, '0600', '379:379', join(data, 'key')]
  const stdin = placeStream([
    { ...placed(manifest, 'new'), entry: { ...placed(manifest, 'new').entry, owner: 'root:root' } },
  ])
  await shell.run(`PATH=${tools}:$PATH\n${placeScript}`, { args, stdin })
  assert.equal(readFileSync(manifest, 'utf8'), 'new')
  assert.equal(
    readFileSync(join(root, 'told'), 'utf8'),
    `-- 379:379 ${data} none\n-R -h -- 379:379 ${data} none\n-- 379:379 ${join(data, 'key')} none\n`,
  )
  assert.deepEqual(
    [data, join(data, 'key')].map((path) => statSync(path).mode & 0o777),
    [0o700, 0o600],
  )
})

test('nothing is placed from a stream that ends too early', async () => {
  const root = join(folder, 'cut')
  mkdirSync(root)
  writeFileSync(join(root, 'old'), 'as it was')
  const files = [placed(join(root, 'old'), 'new'), placed(join(root, 'big'), 'x'.repeat(5000))]
  const chunks: Buffer[] = []
  for await (const chunk of placeStream(files)) chunks.push(Buffer.from(chunk))
  const whole = Buffer.concat(chunks)
  // In the middle of a file, exactly between two entries (tar itself takes that for an end), and before the list.
  for (const end of [700, 1024, whole.length - 2048]) {
    const cut = shell.run(placeScript, { args: [join(root, 'state/staging')], stdin: whole.subarray(0, end) })
    await assert.rejects(cut, /cut off|Unexpected EOF|unexpected/i)
    assert.equal(readFileSync(join(root, 'old'), 'utf8'), 'as it was')
  }
})

test('a source that is not as long as its tree says places nothing', async () => {
  const liar = { ...placed('x', 'four'), source: async () => [Buffer.from('fo')] }
  await assert.rejects(place([placed('first', '1'), liar], 'liar'), /has 2 bytes, its tree says 4/)
  assert.equal(spawnSync('test', ['-e', join(folder, 'liar/first')]).status, 1)
})

test.run()
