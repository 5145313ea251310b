import * as assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Header } from 'tar'
import { test } from 'uvu'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { tarHeader } from '../../../bundles/tar.ts'
import { RedoubtError } from '../../../lib/errors.ts'
import { sha256 } from '../../../lib/hash.ts'
import { fakeBytes, key, smallBundle, temporary } from '../small.ts'

const options = { jobs: 2, onProgress: () => {}, signal: new AbortController().signal }
const good = readFileSync(await smallBundle('good.tar'))

/** Offset of the header of an entry, found by its name. */
function headerOf(name: string): number {
  for (let at = 0; at < good.length; at += 512)
    if (good.toString('latin1', at, at + name.length + 1) === `${name}\0`) return at
  throw new Error(`no entry ${name}`)
}

function flip(at: number): Buffer {
  const data = Buffer.from(good)
  data[at] = (data[at] ?? 0) ^ 1
  return data
}

/** The good bundle with more entries before its end. */
function append(...blocks: Buffer[]): Buffer {
  return Buffer.concat([good.subarray(0, -1024), ...blocks, Buffer.alloc(1024)])
}

function header(
  path: string,
  type: 'File' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'Directory',
  linkpath = '',
): Buffer {
  const block = Buffer.alloc(512)
  new Header({ path, type, mode: 0o644, size: 0, uid: 0, gid: 0, mtime: new Date(1_577_836_800_000), linkpath }).encode(
    block,
  )
  return block
}

const plain = (path: string) => tarHeader({ path, type: 'file', mode: path === 'redoubt' ? 0o755 : 0o644, size: 0 })
const last = [...good.toString('latin1').matchAll(/(blobs\/sha256\/[0-9a-f]{64})\0/g)].at(-1)?.[1] ?? ''
const largest = `blobs/sha256/${sha256(fakeBytes(2_500_000, 9))}`
const swapped = () => {
  const [a, b] = [headerOf('oci-layout'), headerOf('index.json')]
  return Buffer.concat([good.subarray(0, a), good.subarray(b, b + 512), good.subarray(a + 512)])
}

const hostile: { name: string; data: () => Buffer; error: RegExp }[] = [
  { name: 'an empty file', data: () => Buffer.alloc(0), error: /ends at byte 0, inside the header/ },
  {
    name: 'another file',
    data: () => Buffer.alloc(4096, 'no tar '),
    error: /nothing readable where redoubt is expected, in the header at byte 0/,
  },
  { name: 'zeros', data: () => Buffer.alloc(4096), error: /is no redoubt bundle: expected redoubt at byte 0/ },
  {
    name: 'another tar',
    data: () => append().subarray(headerOf('index.json')),
    error: /is no redoubt bundle: expected redoubt/,
  },
  {
    name: 'a flipped byte in the executable',
    data: () => flip(515),
    error: /^redoubt is damaged \(bytes 512 to 550\)/,
  },
  {
    name: 'a flipped byte in its signature',
    data: () => flip(headerOf('redoubt.sig') + 512),
    error: /redoubt.sig is not what/,
  },
  {
    name: 'a flipped byte in the statement',
    data: () => flip(headerOf('bundle/statement.json') + 600),
    error: /not signed by this key/,
  },
  {
    name: 'a flipped byte in the signature',
    data: () => flip(headerOf('bundle/statement.sig') + 512),
    error: /not signed by this key/,
  },
  {
    name: 'a flipped byte in the contents',
    data: () => flip(headerOf('bundle/contents.json') + 600),
    error: /contents.json is not what/,
  },
  {
    name: 'a flipped byte in the lock',
    data: () => flip(headerOf('bundle/redoubt.lock.yaml') + 600),
    error: /lock.yaml is not what/,
  },
  {
    name: 'a flipped byte in a blob',
    data: () => flip(headerOf(largest) + 512 + 3),
    error: new RegExp(`${largest} is damaged \\(bytes \\d+ to`),
  },
  {
    name: 'a flipped byte in a header',
    data: () => flip(headerOf(last) + 3),
    error: /nothing readable where blobs.* is expected, in the header at byte \d+/,
  },
  {
    name: 'a flipped byte in padding',
    data: () => flip(headerOf('oci-layout') + 512 + 100),
    error: /oci-layout is followed by bytes that are not zero, at byte \d+/,
  },
  { name: 'a flipped byte in the end', data: () => flip(good.length - 1), error: /has data behind its end/ },
  {
    name: 'truncated in a blob',
    data: () => good.subarray(0, headerOf(last) + 600),
    error: /ends at byte \d+, inside/,
  },
  {
    name: 'truncated in the executable',
    data: () => good.subarray(0, 530),
    error: /ends at byte 530, inside redoubt \(/,
  },
  { name: 'truncated before the end', data: () => good.subarray(0, -512), error: /ends at byte \d+, inside the end/ },
  {
    name: 'without its last entries',
    data: () => Buffer.concat([good.subarray(0, headerOf(last)), Buffer.alloc(1024)]),
    error: /ends at byte \d+, where .* should stand/,
  },
  {
    name: 'trailing data',
    data: () => Buffer.concat([good, Buffer.from('x')]),
    error: /has data behind its end at byte \d+/,
  },
  {
    name: 'trailing zeros',
    data: () => Buffer.concat([good, Buffer.alloc(512)]),
    error: /has data behind its end at byte \d+/,
  },
  {
    name: 'an entry twice',
    data: () => append(plain('oci-layout')),
    error: /oci-layout at byte \d+ is there a second time/,
  },
  {
    name: 'the executable twice',
    data: () => append(plain('redoubt')),
    error: /redoubt at byte \d+ is there a second time/,
  },
  {
    name: 'an entry that is not in the contents',
    data: () => append(plain('more')),
    error: /more at byte \d+ is not in the signed contents/,
  },
  { name: 'entries out of order', data: swapped, error: /index.json at byte \d+ is not where or not as long as/ },
  {
    name: 'a name that leads out',
    data: () => append(header('../x', 'File')),
    error: /"\.\.\/x" leads out of the bundle, in the header at byte \d+/,
  },
  {
    name: 'a name that leads out later',
    data: () => append(header('a/../../x', 'File')),
    error: /leads out of the bundle/,
  },
  {
    name: 'an absolute name',
    data: () => append(header('/etc/x', 'File')),
    error: /"\/etc\/x" leads out of the bundle/,
  },
  {
    name: 'a symbolic link',
    data: () => append(header('x', 'SymbolicLink', '/etc')),
    error: /"x" is a SymbolicLink; a bundle holds plain files only/,
  },
  { name: 'a hard link', data: () => append(header('x', 'Link', 'redoubt')), error: /"x" is a Link/ },
  { name: 'a device', data: () => append(header('x', 'CharacterDevice')), error: /"x" is a CharacterDevice/ },
  { name: 'a folder', data: () => append(header('x', 'Directory')), error: /"x\/?" is a Directory/ },
  { name: 'an owner', data: () => append(foreignOwner()), error: /"x" is not as redoubt writes it/ },
]

function foreignOwner(): Buffer {
  const block = Buffer.alloc(512)
  new Header({ path: 'x', type: 'File', mode: 0o644, size: 0, uid: 1000, gid: 0, mtime: new Date(0) }).encode(block)
  return block
}

test('the good one passes', async () => {
  let done = 0
  const onProgress = (count: number, total: number) => {
    assert.ok(count <= total)
    done = count
  }
  const head = await verifyBundle(join(temporary, 'good.tar'), key.publicKey, { ...options, onProgress })
  assert.equal(head.statement.name, 'lab')
  assert.ok(done > 2_500_000)
})

for (const { name, data, error } of hostile)
  test(`${name}: refused with its place`, async () => {
    const path = join(temporary, 'hostile.tar')
    writeFileSync(path, data())
    await assert.rejects(verifyBundle(path, key.publicKey, options), (thrown) => {
      assert.ok(thrown instanceof RedoubtError, String((thrown as Error).stack))
      assert.equal(thrown.code, 'integrity')
      assert.match(thrown.message, error)
      assert.equal(thrown.where, path)
      return true
    })
  })

test('any single flipped bit is found', async () => {
  const path = join(temporary, 'flipped.tar')
  let state = 42
  for (let round = 0; round < 30; round++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    writeFileSync(path, flip(state % good.length))
    await assert.rejects(
      verifyBundle(path, key.publicKey, options),
      { code: 'integrity' },
      `byte ${state % good.length}`,
    )
  }
})

test('no such file is the user’s mistake', async () => {
  await assert.rejects(verifyBundle(join(temporary, 'none'), key.publicKey, options), {
    code: 'usage',
    message: 'no such file',
  })
  await assert.rejects(verifyBundle('/dev/null', key.publicKey, options), { code: 'usage', message: /no regular file/ })
})

test('a whole bundle is read once, headers and padding with what stands between them', async () => {
  const seen: number[][] = []
  const onProgress = (...progress: number[]) => seen.push(progress)
  const head = await verifyBundle(join(temporary, 'good.tar'), key.publicKey, { ...options, onProgress })
  const [, from] = head.leading
  const until = head.leading.at(-1)?.next ?? 0
  const once = good.length - (until - (from?.header ?? 0))
  assert.deepEqual(seen.at(-1), [once, once])
  assert.ok(seen.every(([, total]) => total === once))
})

test.run()
