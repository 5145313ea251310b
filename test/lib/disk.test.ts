import * as assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { disksFor, refuseFull } from '../../lib/disk.ts'

const temporary = mkdtempSync(join(tmpdir(), 'redoubt-disk-'))

test('what is needed on one disk counts together', async () => {
  const folder = mkdtempSync(join(temporary, 'in-'))
  const disks = await disksFor([
    { folder: temporary, bytes: 3 },
    { folder: folder, bytes: 4 },
  ])
  assert.deepEqual(
    disks.map(({ folder, needed }) => [folder, needed]),
    [[temporary, 7]],
  )
  refuseFull([{ folder: 'here', needed: 7, free: 7 }], 'it')
  assert.throws(() => refuseFull([{ folder: 'here', needed: 8, free: 7 }], 'it'), { where: 'here', code: 'failed' })
})

test.after(() => rmSync(temporary, { recursive: true }))
test.run()
