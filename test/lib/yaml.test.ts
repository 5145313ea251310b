import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { RedoubtError } from '../../lib/errors.ts'
import { isPlain } from '../../lib/plain.ts'
import { parseYaml, parseYamlStream, writeYaml, writeYamlStream } from '../../lib/yaml.ts'

const bad: { name: string; text: string; where: string }[] = [
  { name: 'duplicate key', text: 'a: 1\na: 2\n', where: 'f.yaml:2:1' },
  { name: 'open quote', text: 'a: "1\n', where: 'f.yaml:2:1' },
  { name: 'two documents', text: 'a: 1\n---\nb: 2\n', where: 'f.yaml:2:1' },
  { name: 'unknown tag', text: 'a: !!js/function x\n', where: 'f.yaml:1:4' },
]
for (const { name, text, where } of bad)
  test(`${name} is refused at its place`, () => {
    assert.throws(
      () => parseYaml(text, 'f.yaml'),
      (error) => error instanceof RedoubtError && error.where === where && error.code === 'usage',
    )
  })

test('what is wrong is said without what would move a terminal', () => {
  for (const text of ['a: "\\\x1b"', '%YAML \x1b[31m9\n---\na', 'a: |\x1b[31m\n x'])
    for (const read of [parseYaml, parseYamlStream])
      assert.throws(
        () => read(text, 'f.yaml'),
        (error) => error instanceof RedoubtError && isPlain(error.message),
      )
})

const deep: { name: string; text: (depth: number) => string; line: number }[] = [
  { name: 'brackets', text: (depth) => `a: 1\nb: ${'['.repeat(depth)}${']'.repeat(depth)}\n`, line: 2 },
  { name: 'braces', text: (depth) => `${'{a: '.repeat(depth)}1${'}'.repeat(depth)}\n`, line: 1 },
  { name: 'dashes', text: (depth) => `# x\n${'- '.repeat(depth)}x\n`, line: 2 },
]
for (const { name, text, line } of deep)
  test(`${name} without end are refused at their line`, () => {
    for (const read of [parseYaml, parseYamlStream]) {
      read(text(30), 'f.yaml')
      for (const depth of [300, 2000])
        assert.throws(
          () => read(text(depth), 'f.yaml'),
          (error) => {
            assert.ok(error instanceof RedoubtError)
            assert.equal(error.message, 'is nested too deeply')
            assert.match(error.where ?? '', new RegExp(`^f\\.yaml:${line}:\\d+$`))
            return true
          },
        )
    }
  })

const keys: { text: string; message: RegExp }[] = [
  ...['__proto__', '"__proto__"', 'constructor', 'prototype', 'toString'].map((key) => ({
    text: `${key}: 1`,
    message: /^\w+ cannot be a key here$/,
  })),
  { text: '*p : 1', message: /^a key must be plain text$/ },
]
for (const { text, message } of keys)
  test(`${text} is refused at its place, where a schema would overlook it`, () => {
    assert.throws(() => parseYaml(`p: &p __proto__\na:\n  - x: 1\n    ${text}\n`, 'f.yaml'), {
      code: 'usage',
      message,
      where: 'f.yaml:4:5',
    })
  })

test('an alias bomb is refused', () => {
  const bomb = `a: &a [${'x,'.repeat(10)}]\nb: &b [${'*a,'.repeat(10)}]\nc: &c [${'*b,'.repeat(10)}]\nd: [${'*c,'.repeat(10)}]\n`
  for (const read of [parseYaml, parseYamlStream])
    assert.throws(
      () => read(bomb, 'f.yaml'),
      (error) => error instanceof RedoubtError && error.code === 'usage' && /alias/i.test(error.message),
    )
})

test('where() names the line of a value, or of its nearest parent', () => {
  const yaml = parseYaml('a:\n  b:\n    - x\n    - y: 1\n', 'f.yaml')
  assert.equal(yaml.where(['a', 'b', 1, 'y']), 'f.yaml:4:7')
  assert.equal(yaml.where(['a', 'b', 0]), 'f.yaml:3:7')
  assert.equal(yaml.where(['a', 'missing']), 'f.yaml:1:1')
})

test('what a YAML 1.1 reader would misread is quoted', () => {
  assert.equal(
    writeYaml({ a: 'on', b: 'No', c: '12:30:45', d: 'plain' }),
    'a: "on"\nb: "No"\nc: "12:30:45"\nd: plain\n',
  )
})

test('a stream of documents reads back, and empty documents are left out', () => {
  assert.deepEqual(parseYamlStream(writeYamlStream([{ a: 1 }, { b: [2] }]), 'f'), [{ a: 1 }, { b: [2] }])
  assert.deepEqual(parseYamlStream('---\n# nothing\n---\na: 1\n', 'f'), [{ a: 1 }])
})

test.run()
