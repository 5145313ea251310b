import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import type { NodeFile } from '../../cluster/files.ts'
import { formatArgs, mergeArgs, mergeFields, mergeFiles } from '../../templates/compose.ts'
import type { Args, Fields } from '../../templates/control.ts'
import { textFile } from '../../templates/node/file.ts'

const from = <T>(a: T, b: T) => [
  { by: 'the baseline', sets: a },
  { by: 'a-control', sets: b },
]
const both = /set by the baseline and by a-control/

const argClashes: [string, Args, Args][] = [
  ['a scalar twice', { profiling: 'true' }, { profiling: 'false' }],
  ['the same value twice', { profiling: 'false' }, { profiling: 'false' }],
  ['a scalar and a list', { 'authorization-mode': 'Node' }, { 'authorization-mode': ['RBAC'] }],
  ['an item of a list twice', { 'enable-admission-plugins': ['A', 'B'] }, { 'enable-admission-plugins': ['B'] }],
]
for (const [name, a, b] of argClashes)
  test(`arguments: ${name} is refused, naming both`, () =>
    assert.throws(() => mergeArgs('kube-apiserver', from(a, b)), both))

test('arguments keep their order, and lists are extended', () => {
  const merged = mergeArgs('kube-apiserver', from<Args>({ b: '1', list: ['x'] }, { a: '2', list: ['y'] }))
  assert.deepEqual(formatArgs(merged), ['--b=1', '--list=x,y', '--a=2'])
  assert.equal(merged.get('list')?.by, 'the baseline and a-control')
})

const fieldClashes: [string, Fields, Fields][] = [
  ['a field twice', { readOnlyPort: 0 }, { readOnlyPort: 10255 }],
  ['a field below another', { authentication: {} }, { 'authentication.anonymous.enabled': false }],
  ['a field above another', { 'authentication.anonymous.enabled': false }, { 'authentication.anonymous': {} }],
]
for (const [name, a, b] of fieldClashes)
  test(`fields: ${name} is refused, naming both`, () =>
    assert.throws(() => mergeFields('KubeletConfiguration', from(a, b)), both))

test('fields of one object come from several sources', () =>
  assert.equal(
    JSON.stringify(mergeFields('x', from<Fields>({ 'a.b': 1, ab: 2 }, { 'a.c.d': 3 }))),
    '{"a":{"b":1,"c":{"d":3}},"ab":2}',
  ))

for (const path of ['constructor.prototype.polluted', 'a.constructor.prototype.polluted', '__proto__.polluted'])
  test(`fields: ${path} reaches no object but the one that is built`, () => {
    mergeFields('x', from<Fields>({ [path]: true }, {}))
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
    const whole: object = Object
    assert.equal(Object.hasOwn(whole, 'polluted'), false)
  })

test('files: one path twice is refused, naming both', () => {
  const files: readonly NodeFile[] = [textFile('/etc/x', '')]
  assert.throws(() => mergeFiles(from(files, files)), both)
  assert.equal(mergeFiles(from(files, [textFile('/etc/y', '')])).length, 2)
})

test.run()
