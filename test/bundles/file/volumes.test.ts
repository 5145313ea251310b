import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'uvu'
import { names } from '../../../bundles/format/names.ts'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { verifyVolume } from '../../../bundles/read/verify-volume.ts'
import { openBundle, readHead } from '../../../bundles/read.ts'
import { layOut } from '../../../bundles/write/layout.ts'
import { writeVolumes } from '../../../bundles/write/volumes.ts'
import { imageReference } from '../../../cluster/lock.ts'
import { RedoubtError } from '../../../lib/errors.ts'
import { sha256 } from '../../../lib/hash.ts'
import { fixedKey, key, smallBundle, smallLayout, smallVolumes, temporary } from '../small.ts'

const signal = new AbortController().signal
const options = { jobs: 2, onProgress: () => {}, signal }
const whole = readFileSync(await smallBundle('whole.tar'))
const volumeSize = 500_000
const good = await smallVolumes('good.tar', volumeSize)

/** The same set in a folder of its own, to be broken. */
function copies(name: string): string[] {
  const folder = join(temporary, name)
  mkdirSync(folder)
  return good.map((path) => {
    copyFileSync(path, join(folder, basename(path)))
    return join(folder, basename(path))
  })
}

/** Changes bytes of a file. */
function edit(path: string | undefined, change: (data: Buffer) => Buffer): void {
  assert.ok(path)
  writeFileSync(path, change(readFileSync(path)))
}

function flipped(at: number): (data: Buffer) => Buffer {
  return (data) => {
    const index = at < 0 ? data.length + at : at
    data[index] = (data[index] ?? 0) ^ 1
    return data
  }
}

async function refused(work: Promise<unknown>, where: string | undefined, message: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof RedoubtError, String((error as Error).stack))
    assert.equal(error.code, 'integrity', error.message)
    assert.match(error.message, message)
    assert.equal(error.where, where)
    return true
  })
}

test('names sort, no file is too long, the slices are the whole bundle, and again the same bytes', async () => {
  assert.deepEqual(
    good.map((path) => basename(path)),
    [1, 2, 3, 4, 5, 6].map((number) => `good.vol00${number}.tar`),
  )
  assert.ok(good.every((path) => statSync(path).size <= volumeSize))
  const header = readFileSync(good[0] as string).indexOf(`${names.executable}\0`)
  assert.ok(Buffer.concat(good.map((path) => readFileSync(path).subarray(header))).equals(whole))
  const again = await smallVolumes('again.tar', volumeSize)
  again.forEach((path, index) => {
    assert.ok(readFileSync(path).equals(readFileSync(good[index] as string)))
  })
})

test('any volume, and the name without a volume, stand for the bundle', async () => {
  for (const path of [...good, join(temporary, 'good.tar')]) {
    const head = await verifyBundle(path, key.publicKey, options)
    assert.equal(head.archive.size, whole.length)
    assert.equal(head.archive.path, good[0])
  }
})

test('blobs and images that span volumes are read in place', async () => {
  const bundle = await openBundle(good[0] as string, key.publicPem)
  for (const blob of (await smallLayout()).blobs) {
    const chunks = await bundle.blob(blob.digest).toArray()
    assert.equal(`sha256:${sha256(Buffer.concat(chunks))}`, blob.digest)
  }
  const { size, stream } = await bundle.imageArchive([imageReference(bundle.lock, 'etcd')])
  assert.equal(Buffer.concat(await stream.toArray()).length, size)
  await bundle.close()
})

test('plain tar and openssl take the executable out of the first volume, and check any volume', () => {
  const folder = join(temporary, 'plain')
  mkdirSync(folder)
  writeFileSync(join(folder, 'bundle.pub'), key.publicPem)
  const run = (line: string) => execFileSync('sh', ['-ec', line], { cwd: folder, encoding: 'utf8' })
  const check = 'openssl pkeyutl -verify -pubin -inkey bundle.pub -rawin'
  run(`tar --occurrence=1 -xf ${good[0]} redoubt redoubt.sig`)
  assert.match(run(`${check} -in redoubt -sigfile redoubt.sig`), /Signature Verified Successfully/)
  for (const path of good) {
    run(`tar --occurrence=1 -xf ${path} bundle/volumes.json bundle/volumes.sig bundle/volume.json`)
    assert.match(run(`${check} -in bundle/volumes.json -sigfile bundle/volumes.sig`), /Successfully/)
    const { size, sha256: expected, volume } = JSON.parse(readFileSync(join(folder, 'bundle/volume.json'), 'utf8'))
    assert.equal(run(`tail -c ${size} ${path} | sha256sum | cut -c-64`).trim(), expected)
    assert.equal(JSON.parse(readFileSync(join(folder, 'bundle/volumes.json'), 'utf8')).sha256[volume - 1], expected)
  }
})

test('each volume is checked alone; what is wrong with one is found', async () => {
  const paths = copies('alone')
  for (const path of paths.slice(1)) rmSync(path)
  const volume = await verifyVolume(paths[0] as string, key.publicKey, options)
  assert.equal(`${volume.number} of ${volume.list.sha256.length}`, '1 of 6')
  await refused(verifyVolume(paths[0] as string, fixedKey(8).publicKey, options), paths[0], /not signed by this key/)
  edit(paths[0], flipped(-1))
  await refused(verifyVolume(paths[0] as string, key.publicKey, options), paths[0], /is damaged: volume 1 of 6/)
})

test('the first volume alone is enough for the head, and for nothing else', async () => {
  const paths = copies('first')
  for (const path of paths.slice(1)) rmSync(path)
  const head = await readHead(paths[0] as string, key.publicKey, true)
  assert.equal(head.statement.name, 'lab')
  assert.deepEqual(head.archive.volumes?.missing, paths.slice(1))
  await head.archive.file.close()
  await refused(openBundle(paths[0] as string, key.publicPem), paths[1], /is missing: the bundle has 6 volumes; so are/)
})

const other = await otherVolumes()

/** Volumes of another bundle by the same key. */
async function otherVolumes(): Promise<string[]> {
  const { blobs, images, lock, layout } = await smallLayout()
  const [executable, signature] = layout.entries
  assert.ok(executable && signature)
  const [part] = signature.blob.parts
  const named = { name: 'lab', version: '0.2.0' }
  const executableSignature = part && 'bytes' in part ? Buffer.from(part.bytes) : Buffer.alloc(0)
  const next = layOut({
    ...named,
    tool: 'redoubt 0.0.0',
    lock,
    executable: executable.blob,
    executableSignature,
    images: Object.values(images),
    blobs,
    key: key.privateKey,
  })
  return await writeVolumes(
    join(temporary, 'other.tar'),
    next,
    { ...named, volumeSize, key: key.privateKey },
    () => {},
    signal,
  )
}

const copy = (from: string | undefined, to: string | undefined) => copyFileSync(from as string, to as string)
const broken: { name: string; change: (paths: string[]) => void | Promise<void>; wrong: number; error: RegExp }[] = [
  { name: 'the first is missing', change: ([first]) => rmSync(first as string), wrong: 0, error: /is missing/ },
  {
    name: 'one is missing',
    change: (paths) => rmSync(paths[3] as string),
    wrong: 3,
    error: /is missing: .* 6 volumes$/,
  },
  {
    name: 'swapped',
    change: (paths) => {
      copy(good[1], paths[2])
      copy(good[2], paths[1])
    },
    wrong: 1,
    error: /is volume 3 of 6, and not what its name says/,
  },
  { name: 'doubled', change: (paths) => copy(good[1], paths[4]), wrong: 4, error: /is volume 2 of 6/ },
  {
    name: 'one too many',
    change: (paths) => copy(good[5], (paths[5] as string).replace('006', '007')),
    wrong: 6,
    error: /is volume 6 of 6, and not what its name says/,
  },
  {
    name: 'of another bundle',
    change: (paths) => copy(other[2], paths[2]),
    wrong: 2,
    error: /is of another bundle: lab 0\.2\.0, id .*; the others are of lab 0\.1\.0, id/,
  },
  {
    name: 'the first of another bundle',
    change: (paths) => copy(other[0], paths[0]),
    wrong: 0,
    error: /another bundle/,
  },
  {
    name: 'cut in another way',
    change: async (paths) => copy((await smallVolumes('cut.tar', 900_000))[1], paths[1]),
    wrong: 1,
    error: /is of this bundle cut into 3 volumes; the others are of 6/,
  },
  {
    name: 'by another key',
    change: (paths) => edit(paths[1], flipped(700)),
    wrong: 1,
    error: /is not signed by this key/,
  },
  {
    name: 'another file',
    change: (paths) => edit(paths[1], () => Buffer.alloc(5000, 'x')),
    wrong: 1,
    error: /is damaged, or no bundle/,
  },
  {
    name: 'truncated',
    change: (paths) => edit(paths[4], (data) => data.subarray(0, -1)),
    wrong: 4,
    error: /ends at byte \d+; volume 5 of 6 has/,
  },
  {
    name: 'too long',
    change: (paths) => edit(paths[4], (data) => Buffer.concat([data, Buffer.alloc(512)])),
    wrong: 4,
    error: /has data behind its end/,
  },
  {
    name: 'a flipped byte in a blob',
    change: (paths) => edit(paths[4], flipped(-200_000)),
    wrong: -1,
    error: /blobs\/sha256\/[0-9a-f]{64} is damaged/,
  },
  {
    name: 'a flipped byte in its own number',
    change: (paths) => edit(paths[2], flipped(2560 + 512 + 10)),
    wrong: 2,
    error: /its header is damaged/,
  },
  {
    name: 'a flipped byte in its end',
    change: (paths) => edit(paths[5], flipped(-1)),
    wrong: 5,
    error: /has data behind its end/,
  },
]

for (const { name, change, wrong, error } of broken)
  test(`${name}: one error that names the volume`, async () => {
    const paths = copies(name.replaceAll(' ', '-'))
    await change(paths)
    const folder = join(paths[0] as string, '..')
    const there = readdirSync(folder).map((file) => join(folder, file))
    const named = wrong < 0 ? undefined : (paths[wrong] ?? there.at(-1))
    for (const path of there.slice(0, 2))
      await assert.rejects(verifyBundle(path, key.publicKey, options), (thrown) => {
        assert.ok(thrown instanceof RedoubtError, String((thrown as Error).stack))
        assert.equal(thrown.code, 'integrity', thrown.message)
        assert.match(thrown.message, error)
        if (named) assert.equal(thrown.where, named)
        return true
      })
  })

test('a volume under a strange name is refused with what to do', async () => {
  const path = join(temporary, 'strange')
  copy(good[1], path)
  await assert.rejects(verifyBundle(path, key.publicKey, options), { code: 'usage', message: /leads to no other/ })
})

test('too small, and too many: the least is named', async () => {
  await assert.rejects(smallVolumes('small.tar', 4096), { code: 'usage', hint: /at least \d+ bytes/ })
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('small.')),
    [],
  )
})

test('what had the name before goes, in either form', async () => {
  const there = () => readdirSync(temporary).filter((name) => name.startsWith('twice.'))
  await smallBundle('twice.tar')
  await smallVolumes('twice.tar', 500_000)
  assert.equal(there().length, 6)
  await smallVolumes('twice.tar', 2_000_000)
  assert.deepEqual(there(), ['twice.vol001.tar', 'twice.vol002.tar'])
  await smallBundle('twice.tar')
  assert.deepEqual(there(), ['twice.tar'])
})

test('an interrupt stops the writing and leaves nothing', async () => {
  const stop = new AbortController()
  const { layout } = await smallLayout()
  const named = { volumeSize, key: key.privateKey, name: 'lab', version: '0.1.0' }
  const onProgress = (done: number) => void (done > 1_000_000 && stop.abort())
  await assert.rejects(
    writeVolumes(join(temporary, 'stopped.tar'), layout, named, onProgress, stop.signal),
    /interrupted/,
  )
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('stopped')),
    [],
  )
})

test.run()
