import * as assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { test } from 'uvu'
import { readChartArchive } from '../../../bundles/charts/archive.ts'
import { type Packed, pack, packChart } from './pack.ts'

test('of a chart its templates and values are read, those of the charts in it too, and nothing else', async () => {
  const inner = packChart('inner', { 'values.yaml': 'a: 1\n', 'templates/x.yaml': 'x' })
  const chart = packChart('app', {
    'values.yaml': 'image: nginx\n',
    'README.md': 'no',
    'templates/a.yaml': 'a',
    'crds/c.yaml': 'c',
    'charts/plain/Chart.yaml': 'name: plain\nversion: 1.0.0\n',
    'charts/plain/values.yaml': 'b: 2\n',
    'charts/inner-1.0.0.tgz': inner,
    'files/data.bin': 'no',
  })
  const { name, version, appVersion, library, files } = await readChartArchive(chart, 'here')
  assert.deepEqual([name, version, appVersion, library], ['app', '1.0.0', '2.5', false])
  assert.deepEqual(
    [...files.keys()],
    [
      'Chart.yaml',
      'values.yaml',
      'templates/a.yaml',
      'crds/c.yaml',
      'charts/plain/Chart.yaml',
      'charts/plain/values.yaml',
      'charts/inner/Chart.yaml',
      'charts/inner/values.yaml',
      'charts/inner/templates/x.yaml',
    ],
  )
  assert.equal(files.get('charts/inner/values.yaml'), 'a: 1\n')
})

const file = (path: string, text = 'x'): Packed => ({ path, text })
const head = file('app/Chart.yaml', 'apiVersion: v2\nname: app\nversion: 1.0.0\n')
const nest = (depth: number): Buffer =>
  depth === 0 ? packChart('app', {}) : packChart('app', { 'charts/app.tgz': nest(depth - 1) })
const hostile: { name: string; bytes: () => Buffer; message: RegExp }[] = [
  { name: 'a name that leads out', bytes: () => pack([head, file('app/../../etc/passwd')]), message: /leads out/ },
  { name: 'an absolute name', bytes: () => pack([head, file('/etc/passwd')]), message: /leads out/ },
  { name: 'a backslash', bytes: () => pack([head, file('app/templates\\..\\x.yaml')]), message: /leads out/ },
  {
    name: 'a symbolic link',
    bytes: () => pack([head, { path: 'app/values.yaml', type: 'SymbolicLink' }]),
    message: /a SymbolicLink/,
  },
  { name: 'a hard link', bytes: () => pack([head, { path: 'app/values.yaml', type: 'Link' }]), message: /a Link/ },
  {
    name: 'a device',
    bytes: () => pack([head, { path: 'app/null', type: 'CharacterDevice' }]),
    message: /a CharacterDevice/,
  },
  { name: 'a name twice', bytes: () => pack([head, head]), message: /twice/ },
  { name: 'a name twice, of two folders', bytes: () => pack([head, file('other/Chart.yaml')]), message: /twice/ },
  {
    name: 'a bomb',
    bytes: () =>
      pack([head, ...Array.from({ length: 25 }, (_, n) => ({ path: `app/f${n}`, text: Buffer.alloc(4_300_000) }))]),
    message: /unpacks to more than/,
  },
  {
    name: 'a bomb of one file',
    bytes: () => pack([head, { path: 'app/values.yaml', text: Buffer.alloc(6 << 20) }]),
    message: /more than helm takes/,
  },
  {
    name: 'a bomb of names',
    bytes: () => pack([head, ...Array.from({ length: 10_000 }, (_, n) => file(`app/${n}`, ''))]),
    message: /more than 10000 files/,
  },
  { name: 'charts in charts in charts', bytes: () => nest(4), message: /4 deep/ },
  { name: 'no gzip', bytes: () => Buffer.from('hello'), message: /cannot be read as a chart/ },
  {
    name: 'no tar',
    bytes: () => gzipSync(Buffer.alloc(2048, 'x')),
    message: /cannot be read as a chart|no Chart.yaml/,
  },
  {
    name: 'a gzip that ends early',
    bytes: () => packChart('app', { 'values.yaml': 'x: 1' }).subarray(0, -20),
    message: /cannot be read as a chart/,
  },
  { name: 'no chart', bytes: () => pack([file('app/values.yaml')]), message: /no Chart.yaml/ },
]
for (const { name, bytes, message } of hostile)
  test(`refused: ${name}`, async () => {
    await assert.rejects(readChartArchive(bytes(), 'here'), { code: 'integrity', where: 'here', message })
  })

test('a chart without a name or with a version that is none is refused at its line', async () => {
  const bad = (text: string) => readChartArchive(pack([file('app/Chart.yaml', text)]), 'here')
  await assert.rejects(bad('version: 1.0.0\n'), { code: 'usage', where: /here: Chart.yaml/, message: /name: missing/ })
  await assert.rejects(bad('name: app\nversion: "1.0 ; x"\n'), { where: /here: Chart.yaml:2/, message: /no version/ })
})

test.run()
