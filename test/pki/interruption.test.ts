import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { initPki } from '../../pki/init.ts'
import {
  assertSound,
  certificateIds,
  days,
  init,
  issuedIds,
  ledgerOf,
  now,
  small,
  snapshot,
  withKeys,
  withPki,
  write,
} from './helper.ts'

/** Writes `count` files, then dies at the next, leaving what a kill would leave. */
function mortal(count: number) {
  let writes = 0
  return async (path: string, data: string | Uint8Array, mode: number) => {
    if (writes++ < count) return write(path, data, mode)
    await write(`${path}.0badcafe.tmp`, data, mode)
    throw new Error('killed')
  }
}

async function assertCompleted(folder: string, survivors: Record<string, string>): Promise<void> {
  const files = await snapshot(folder)
  for (const [name, hash] of Object.entries(survivors))
    if (!/\.tmp$|^ledger/.test(name)) assert.equal(files[name], hash, `${name} was written twice`)
  assert.deepEqual(
    Object.keys(files).filter((name) => /tmp|lock/.test(name)),
    [],
  )
  const ids = ledgerOf(folder).certificates.map(({ id }) => id)
  assert.deepEqual([...ids].sort(), await certificateIds(folder))
  await assertSound(folder)
}

test('killed after every single write, it still completes, issues nothing twice and keeps every key', () =>
  withKeys(async (folder) => {
    let runs = 0
    const survivors: Record<string, string> = {}
    for (; runs < 100; runs++) {
      const end = await initPki({ spec: small, folder, now, write: mortal(1) }).catch((error: Error) => error.message)
      if (end !== 'killed') break
      const files = await snapshot(folder)
      for (const [name, hash] of Object.entries(files)) if (!name.endsWith('.tmp')) survivors[name] ??= hash
    }
    assert.equal(runs, 22 * 2 + 3 + 4)
    await assertCompleted(folder, survivors)
  }))

for (const count of [0, 1, 2, 13, 14, 15, 31, 44, 46, 51])
  test(`killed after ${count} writes, the next run completes`, () =>
    withKeys(async (folder) => {
      await assert.rejects(initPki({ spec: small, folder, now, write: mortal(count) }), /killed/)
      const survivors = await snapshot(folder)
      await init(folder)
      await assertCompleted(folder, survivors)
    }))

test('killed between the new key and the new certificate of a renewal, the next run mends it', () =>
  withPki(small, async (folder) => {
    const keysOnly = async (path: string, data: string | Uint8Array, mode: number) => {
      if (path.endsWith('.crt')) throw new Error('killed')
      await write(path, data, mode)
    }
    await assert.rejects(initPki({ spec: small, folder, now: days(61), write: keysOnly }), /killed/)
    const keys = readFileSync(join(folder, 'admin.key'), 'utf8')
    const result = await init(folder, small, days(61))
    assert.ok(issuedIds(result).includes('admin'))
    assert.equal(readFileSync(join(folder, 'admin.key'), 'utf8'), keys, 'the key that was there is used')
    await assertSound(folder, small, days(61))
  }))

test.run()
