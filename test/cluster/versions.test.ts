import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { isAtLeast, minorOf, supportedVersions } from '../../cluster/versions.ts'

test('the minor of a version, and nothing of what is none', () => {
  assert.equal(minorOf('v1.36.3'), '1.36')
  assert.equal(minorOf('v1.100.0'), '1.100')
  for (const text of ['', 'v1.36', '1.36.3', 'v1.36.3-rc.1', 'v1.36.3 ', 'v1.36.3\n', 'v1.36.3.4'])
    assert.throws(() => minorOf(text), /is no version/, JSON.stringify(text))
})

test('minors are compared by number', () => {
  for (const [minor, since, expected] of [
    ['1.36', '1.35', true],
    ['1.35', '1.35', true],
    ['1.34', '1.35', false],
    ['1.9', '1.10', false],
    ['1.10', '1.9', true],
    ['2.0', '1.36', true],
    ['1.36', '2.0', false],
  ] as const)
    assert.equal(isAtLeast(minor, since), expected, `${minor} ${since}`)
  for (const text of ['', '1', 'v1.36', '1.36.3', '1.x', ' 1.36'])
    assert.throws(() => isAtLeast('1.36', text), /is no minor/, JSON.stringify(text))
})

test('one version of each minor is carried, the newest first', () => {
  const minors = supportedVersions.map(minorOf)
  assert.equal(new Set(minors).size, minors.length)
  minors.slice(1).forEach((minor, index) => {
    assert.ok(!isAtLeast(minor, minors[index] ?? ''), `${minor} after ${minors[index]}`)
  })
})

test.run()
