import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import { parseTree } from '../../cluster/files.ts'

const good = readFileSync('test/templates/golden/cp1/tree.json', 'utf8')
type Loose = Record<'folders' | 'files' | 'images', Record<string, unknown>[]>

test('a rendered tree is read as it is', () => {
  assert.deepEqual(parseTree(good, 'tree.json'), JSON.parse(good))
})

const bad: { list: keyof Loose; field?: string; values: unknown[]; message: RegExp }[] = [
  {
    list: 'images',
    values: [
      'redoubt.dev/etcd',
      'redoubt.dev/etcd:1@sha256:00',
      `@sha256:${'0'.repeat(64)}`,
      `a b@sha256:${'0'.repeat(64)}`,
      `-x@sha256:${'0'.repeat(64)}`,
      `x@sha256:${'0'.repeat(64)}\n`,
      `x@sha256:${'A'.repeat(64)}`,
      7,
    ],
    message: /^images\.0: /,
  },
  {
    list: 'folders',
    field: 'mode',
    values: ['755', '0999', '0755 ', '', '000755', 493],
    message: /^folders\.0\.mode: /,
  },
  { list: 'files', field: 'mode', values: ['644', '0648', 'rw', 420], message: /^files\.0\.mode: / },
  ...(['folders', 'files'] as const).map((list) => ({
    list,
    field: 'owner',
    values: ['root', 'root:', ':root', 'root:root:root', '-R:root', 'a b:c', 'root:root\n', ''],
    message: new RegExp(`^${list}\\.0\\.owner: `),
  })),
  { list: 'files', field: 'sha256', values: ['', '0'.repeat(63), 'x'.repeat(64)], message: /^files\.0\.sha256: / },
  { list: 'files', field: 'size', values: [-1, 1.5, '1'], message: /^files\.0\.size: / },
]
for (const { list, field, values, message } of bad)
  for (const value of values)
    test(`${list} ${field ?? ''} ${JSON.stringify(value)} is refused by its place`, () => {
      const tree: Loose = JSON.parse(good)
      if (field) Object.assign(tree[list][0] ?? {}, { [field]: value })
      else tree[list][0] = value as never
      assert.throws(() => parseTree(JSON.stringify(tree), 'tree.json'), { code: 'usage', message, where: 'tree.json' })
    })

test('owners by number and modes of four digits are as good', () => {
  const tree: Loose = JSON.parse(good)
  Object.assign(tree.folders[0] ?? {}, { owner: '65532:65532', mode: '01777' })
  parseTree(JSON.stringify(tree), 'tree.json')
})

test.run()
