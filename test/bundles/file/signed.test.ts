// Bundles whose signature holds and whose form does not: the key may be in wrong hands, or the one who carries a bundle changes what nobody signs.
import * as assert from 'node:assert/strict'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Header } from 'tar'
import { test } from 'uvu'
import { names } from '../../../bundles/format/names.ts'
import { type ContentsEntry, writeContents, writeStatement } from '../../../bundles/format/statement.ts'
import { fingerprint, signBytes } from '../../../bundles/keys.ts'
import { checkBundle, verifyBundle } from '../../../bundles/read/verify.ts'
import { readHead } from '../../../bundles/read.ts'
import { blockSize, entrySize, paddingOf, trailerSize } from '../../../bundles/tar.ts'
import { sha256 } from '../../../lib/hash.ts'
import { key, refusal, smallBundle, smallLayout, temporary } from '../small.ts'

const options = { jobs: 2, onProgress: () => {}, signal: new AbortController().signal }
const good = readFileSync(await smallBundle('good.tar'))
const { layout } = await smallLayout()
const lockEntry = layout.entries.find(({ path }) => path === names.lock)
const [lockPart] = lockEntry?.blob.parts ?? []
const lock = lockPart && 'bytes' in lockPart ? Buffer.from(lockPart.bytes) : Buffer.alloc(0)

interface Given {
  path: string
  data: Buffer
  /** In the contents, where it is not that of `data`. */
  sha256?: string
}

/** Any header, also one that redoubt would not write. */
function entry(path: string, data: Buffer, mode = 0o644): Buffer {
  const block = Buffer.alloc(blockSize)
  const mtime = new Date(1_577_836_800_000)
  new Header({ path, type: 'File', mode, size: data.length, uid: 0, gid: 0, mtime }).encode(block)
  return Buffer.concat([block, data, Buffer.alloc(paddingOf(data.length))])
}

/** A bundle of a lock and these entries, signed. */
function signed(given: readonly Given[], lockBytes = lock): Buffer {
  const executable = Buffer.from('#!/bin/sh\n')
  const signature = signBytes(executable, key.privateKey)
  const following = [{ path: names.lock, data: lockBytes }, ...given]
  const sum = (data: Buffer) => ({ size: data.length, sha256: sha256(data) })
  const head = (contents: Buffer) => {
    const statement = writeStatement({
      apiVersion: 'redoubt.dev/v1alpha2',
      kind: 'BundleStatement',
      name: 'lab',
      version: '0.1.0',
      tool: 'redoubt 0.0.0',
      executable: sum(executable),
      executableSignature: sum(signature),
      contents: sum(contents),
      lock: sum(lockBytes),
      signer: fingerprint(key.publicKey),
    })
    return Buffer.concat([
      entry(names.executable, executable, 0o755),
      entry(names.executableSignature, signature),
      entry(names.statement, statement),
      entry(names.statementSignature, signBytes(statement, key.privateKey)),
      entry(names.contents, contents),
    ])
  }
  const placed = (start: number): ContentsEntry[] => {
    let offset = start + blockSize
    return following.map((one) => {
      const at = {
        path: one.path,
        offset,
        ...sum(one.data),
        ...('sha256' in one ? { sha256: one.sha256 as string } : {}),
      }
      offset += entrySize(one.data.length)
      return at
    })
  }
  let contents = writeContents(placed(0))
  for (let next = contents; ; contents = next) {
    next = writeContents(placed(head(contents).length))
    if (next.equals(contents)) break
  }
  return Buffer.concat([
    head(contents),
    ...following.map(({ path, data }) => entry(path, data)),
    Buffer.alloc(trailerSize),
  ])
}

const blob = (text: string): Given => ({ path: `blobs/sha256/${sha256(text)}`, data: Buffer.from(text) })

function headerOf(data: Buffer, name: string): number {
  for (let at = 0; at < data.length; at += blockSize)
    if (data.toString('latin1', at, at + name.length + 1) === `${name}\0`) return at
  throw new Error(`no entry ${name}`)
}

/** The good bundle, an entry's mode changed and its checksum set right. */
function withMode(name: string, mode: number): Buffer {
  const data = Buffer.from(good)
  const at = headerOf(data, name)
  const size = new Header(data.subarray(at, at + blockSize)).size ?? 0
  entry(name, Buffer.alloc(size), mode).copy(data, at, 0, blockSize)
  return data
}

async function verifying(data: Buffer) {
  const path = join(temporary, 'signed.tar')
  writeFileSync(path, data)
  return await refusal(verifyBundle(path, key.publicKey, options))
}

test('a signed one passes', async () => {
  assert.equal(await verifying(signed([blob('a'), blob('b')])), undefined)
})

const hostile: { name: string; data: () => Buffer; error: RegExp }[] = [
  {
    name: 'the executable without its mode',
    data: () => withMode('redoubt', 0o644),
    error: /"redoubt" is not as redoubt writes it/,
  },
  {
    name: 'a lock that can be executed',
    data: () => withMode(names.lock, 0o755),
    error: /redoubt.lock.yaml" is not as redoubt/,
  },
  {
    name: 'a statement that can be executed',
    data: () => withMode(names.statement, 0o755),
    error: /statement.json" is not as/,
  },
  {
    name: 'a signed name that is a folder’s',
    data: () => signed([{ path: 'x/', data: Buffer.alloc(0) }]),
    error: /"x\/" is a Directory/,
  },
  {
    name: 'a signed entry without a name',
    data: () => signed([{ path: '', data: Buffer.from('x') }]),
    error: /"" is not as redoubt/,
  },
  {
    name: 'a long signed name that tar writes otherwise',
    data: () => signed([{ path: `${'b'.repeat(110)}/c/`, data: Buffer.from('x') }]),
    error: /is not in the signed contents/,
  },
  {
    name: 'a signed name that leads out',
    data: () => signed([{ path: 'a/../../x', data: Buffer.from('x') }]),
    error: /leads out/,
  },
  { name: 'a signed absolute name', data: () => signed([{ path: '/x', data: Buffer.from('x') }]), error: /leads out/ },
  {
    name: 'a name signed twice',
    data: () => signed([blob('a'), { path: blob('a').path, data: Buffer.from('b') }]),
    error: /names blobs.* twice/,
  },
  {
    name: 'the executable signed twice',
    data: () => signed([{ path: 'redoubt', data: Buffer.from('x') }]),
    error: /names redoubt twice/,
  },
  {
    name: 'a signed blob under another’s digest',
    data: () => signed([{ ...blob('a'), data: Buffer.from('b') }]),
    error: /names blobs.*, whose bytes have the digest/,
  },
  {
    name: 'a signed digest that is not the blob’s',
    data: () => signed([{ ...blob('a'), sha256: sha256('b') }]),
    error: /names blobs.*, whose bytes have the digest/,
  },
]
for (const { name, data, error } of hostile)
  test(name, async () => {
    const refused = await verifying(data())
    assert.match(`${refused?.message}`, error)
    assert.equal(refused?.code, 'integrity')
  })

test('a signed lock that is none', async () => {
  const refused = await verifying(signed([blob('a')], Buffer.from('kind: rubbish\n')))
  assert.ok(refused, 'passed')
})

for (const cut of [1, 512, 1024, 1025])
  test(`a bundle that loses its last ${cut} bytes while it is checked`, async () => {
    const path = join(temporary, 'shrinking.tar')
    writeFileSync(path, good)
    const head = await readHead(path, key.publicKey)
    truncateSync(path, good.length - cut)
    const refused = await refusal(checkBundle(head, options, () => true))
    await head.archive.file.close()
    assert.match(`${refused?.message}`, /ends at byte|became shorter/)
  })

test.run()
