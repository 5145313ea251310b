// A set of volumes with something wrong: found, and the volume named.
import * as assert from 'node:assert/strict'
import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { verifyVolume } from '../../../bundles/read/verify-volume.ts'
import { openBundle, readHead } from '../../../bundles/read.ts'
import { writeVolumes } from '../../../bundles/write/volumes.ts'
import { RedoubtError } from '../../../lib/errors.ts'
import { copiesIn, edit, flip } from '../damage.ts'
import { fixedKey, key, otherLayout, smallVolumes, temporary } from '../small.ts'

const signal = new AbortController().signal
const options = { jobs: 2, onProgress: () => {}, signal }
const volumeSize = 500_000
const good = await smallVolumes('good.tar', volumeSize)
const copies = (name: string) => copiesIn(join(temporary, name), good)

/** Volumes of another bundle by the same key. */
const other = await writeVolumes(
  join(temporary, 'other.tar'),
  await otherLayout('0.2.0'),
  { name: 'lab', version: '0.2.0', volumeSize, key: key.privateKey },
  () => {},
  signal,
)

async function refused(work: Promise<unknown>, where: string | undefined, message: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof RedoubtError, String((error as Error).stack))
    assert.equal(error.code, 'integrity', error.message)
    assert.match(error.message, message)
    assert.equal(error.where, where)
    return true
  })
}

test('each volume is checked alone; what is wrong with one is found', async () => {
  const paths = copies('alone')
  for (const path of paths.slice(1)) rmSync(path)
  const volume = await verifyVolume(paths[0] as string, key.publicKey, options)
  assert.equal(`${volume.number} of ${volume.list.sha256.length}`, '1 of 6')
  await refused(verifyVolume(paths[0] as string, fixedKey(8).publicKey, options), paths[0], /not signed by this key/)
  edit(paths[0], flip(-1))
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
    change: (paths) => edit(paths[1], flip(700)),
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
    change: (paths) => edit(paths[4], flip(-200_000)),
    wrong: -1,
    error: /blobs\/sha256\/[0-9a-f]{64} is damaged/,
  },
  {
    name: 'a flipped byte in its own number',
    change: (paths) => edit(paths[2], flip(2560 + 512 + 10)),
    wrong: 2,
    error: /its header is damaged/,
  },
  {
    name: 'a flipped byte in its end',
    change: (paths) => edit(paths[5], flip(-1)),
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

test.run()
