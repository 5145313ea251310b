import * as assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { catalogFor } from '../../bundles/catalog.ts'
import { movesOf } from '../../bundles/produce/moves.ts'
import { unpinnedPackages } from '../../bundles/produce/packages.ts'
import { loadLock } from '../../cluster/lock.ts'

const lock = await loadLock(fileURLToPath(new URL('../fixtures/redoubt.lock.yaml', import.meta.url)))
const catalog = catalogFor('v1.36.3', 'routes')
const older = { ...lock, imagePackages: lock.imagePackages.filter(({ name }) => name !== 'netbase') }
const spec = { files: [], images: [], charts: [], manifests: [], releases: [] }

test('a lock made before an image got one more package lacks it', () => {
  assert.deepEqual(unpinnedPackages(lock, catalog), [])
  assert.deepEqual(unpinnedPackages(older, catalog), ['netbase'])
})

test('it can be named, and comes along with any other name', () => {
  for (const name of ['netbase', 'etcd']) {
    assert.ok(movesOf([name], older, spec, catalog).has('package netbase'), name)
    assert.equal(movesOf([name], lock, spec, catalog).has('package netbase'), name === 'netbase')
  }
})

test.run()
