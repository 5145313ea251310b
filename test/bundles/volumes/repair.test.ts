// Volumes that are damaged or gone: mended from the whole file and from other volumes.
import * as assert from 'node:assert/strict'
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'uvu'
import { verifyBundle } from '../../../bundles/read/verify.ts'
import { repairBundle } from '../../../bundles/repair/repair.ts'
import { copiesIn, edit, flip } from '../damage.ts'
import { key, smallBundle, smallVolumes, temporary } from '../small.ts'

const signal = new AbortController().signal
const further = async () => new Map()
const options = { key: key.publicKey, jobs: 2, dryRun: false, further, onBytes: () => {}, signal }
const check = { jobs: 2, onProgress: () => {}, signal }
const goodPath = await smallBundle('good.tar')
const cut = await smallVolumes('cut.tar', 500_000)
const copies = (name: string) => copiesIn(join(temporary, name), cut)

const sets: { name: string; change: (paths: string[]) => void }[] = [
  { name: 'one is missing', change: (paths) => rmSync(paths[2] as string) },
  { name: 'the first is missing', change: (paths) => rmSync(paths[0] as string) },
  { name: 'all but one are missing', change: (paths) => paths.slice(1).map((path) => rmSync(path)) },
  { name: 'one is truncated', change: (paths) => edit(paths[3], (data) => data.subarray(0, 200_000)) },
  { name: 'one is empty', change: (paths) => edit(paths[3], () => Buffer.alloc(0)) },
  { name: 'one is too long', change: (paths) => edit(paths[3], (data) => Buffer.concat([data, data])) },
  { name: 'a list is damaged', change: (paths) => edit(paths[1], flip(700)) },
  { name: 'all numbers are damaged but one', change: (paths) => paths.slice(1).map((path) => edit(path, flip(3090))) },
  {
    name: 'bytes at a seam',
    change: (paths) => {
      edit(paths[1], (data) => flip(data.length - 1)(data))
      edit(paths[2], flip(5000))
    },
  },
  { name: 'one stands for another', change: (paths) => copyFileSync(paths[1] as string, paths[4] as string) },
]
for (const { name, change } of sets)
  for (const from of ['the whole file', 'volumes'])
    test(`volumes, ${name}: mended from ${from}`, async () => {
      const paths = copies(`${name} ${from}`.replaceAll(' ', '-'))
      change(paths)
      const bundle = join(dirname(paths[0] as string), 'cut.tar')
      await repairBundle(bundle, [from === 'volumes' ? (cut[0] as string) : goodPath], options)
      paths.forEach((path, index) => {
        assert.ok(readFileSync(path).equals(readFileSync(cut[index] as string)), basename(path))
      })
    })

test('no header of a volume is left: another set of volumes has it, a whole file has not', async () => {
  const paths = copies('headers')
  for (const path of paths) edit(path, flip(700))
  await assert.rejects(repairBundle(paths[0] as string, [goodPath], options), {
    message: /no header of a volume is left/,
  })
  await repairBundle(paths[0] as string, [goodPath, cut[0] as string], options)
  await verifyBundle(paths[0] as string, key.publicKey, check)
})

test.run()
