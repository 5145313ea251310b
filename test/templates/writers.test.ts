import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { writeToml } from '../../templates/node/toml.ts'
import { writeUnit } from '../../templates/node/unit.ts'

test('TOML: scalars before tables, odd names and text quoted', () =>
  assert.equal(
    writeToml({ a: { 'b.c': { d: 'x"y\\', list: ['1', '2'] }, e: 1 }, top: true }),
    'top = true\n\n[a]\ne = 1\n\n[a."b.c"]\nd = "x\\"y\\\\"\nlist = ["1", "2"]\n',
  ))

test('TOML: control characters are escaped', () => assert.equal(writeToml({ a: 'x\n\u007f' }), 'a = "x\\n\\u007F"\n'))

test('a unit: sections in order, settings repeated', () =>
  assert.equal(
    writeUnit({
      Unit: [['After', 'a']],
      Service: [
        ['ExecStart', 'b'],
        ['ExecStart', 'c'],
      ],
    }),
    '[Unit]\nAfter=a\n\n[Service]\nExecStart=b\nExecStart=c\n',
  ))

test('a unit: a line break in a value is refused', () =>
  assert.throws(() => writeUnit({ Service: [['ExecStart', 'a\nUser=root']] }), /line break in Service.ExecStart/))

test.run()
