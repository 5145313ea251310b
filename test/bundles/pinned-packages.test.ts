import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { catalogFor } from '../../bundles/catalog.ts'
import { pinnedPackages } from '../../bundles/produce/packages.ts'
import { loadLock } from '../../cluster/lock.ts'

const lock = await loadLock('test/fixtures/redoubt.lock.yaml')
const catalog = catalogFor('v1.36.3', 'routes')
const [package_] = lock.imagePackages

test('a lock made before an image got one more package says so', () => {
  assert.throws(() => pinnedPackages(lock, catalog), /pins no netbase, which the image kube-proxy holds by now/)
})

test('a lock that pins them all is taken as it is', () => {
  assert.ok(package_)
  const imagePackages = [...lock.imagePackages, { ...package_, name: 'netbase' }]
  assert.deepEqual(pinnedPackages({ ...lock, imagePackages }, catalog).imagePackages, { 'kube-proxy': imagePackages })
})

test.run()
