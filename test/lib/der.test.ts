import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'uvu'
import * as der from '../../lib/der.ts'

// Bytes by hand from X.690: tag, length, value.
const cases: [name: string, value: der.Der, hex: string][] = [
  ['an empty sequence', der.sequence(), '3000'],
  ['true', der.boolean(true), '0101ff'],
  ['false', der.boolean(false), '010100'],
  ['zero', der.integer(Buffer.of(0)), '020100'],
  ['an integer whose high bit is set stays positive', der.integer(Buffer.of(0x80)), '02020080'],
  ['127', der.integer(Buffer.of(0x7f)), '02017f'],
  ['a serial', der.integer(Buffer.from('40ff', 'hex')), '020240ff'],
  ['the oid of commonName', der.oid('2.5.4.3'), '0603550403'],
  ['an oid with long arcs', der.oid('1.2.840.10045.4.3.3'), '06082a8648ce3d040303'],
  ['UTF-8 outside ASCII', der.utf8('é@_'), '0c04c3a9405f'],
  ['octets', der.octetString(Buffer.from('00ff80', 'hex')), '040300ff80'],
  ['a bit string with unused bits', der.bitString(Buffer.of(0x06), 1), '03020106'],
  ['a bit string of bytes that look like DER', der.bitString(Buffer.from('3000', 'hex')), '0303003000'],
  ['the last second of UTCTime', der.time(new Date('2049-12-31T23:59:59Z')), '170d3439313233313233353935395a'],
  ['the first of GeneralizedTime', der.time(new Date('2050-01-01T00:00:00Z')), '180f32303530303130313030303030305a'],
  ['explicit tag 3', der.explicit(3, der.boolean(true)), 'a3030101ff'],
  ['implicit tag 7', der.implicit(7, Buffer.of(10, 0, 0, 1)), '87040a000001'],
  ['a set', der.set(der.boolean(true)), '31030101ff'],
]

for (const [name, value, hex] of cases)
  test(`encodes ${name}`, () => {
    assert.equal(der.encode(value).toString('hex'), hex)
  })

test('lengths of one, two and three bytes are read by openssl', () => {
  for (const size of [127, 128, 255, 256, 65_535, 65_536]) {
    const bytes = der.encode(der.sequence(der.octetString(Buffer.alloc(size, 0xa5))))
    const text = execFileSync('openssl', ['asn1parse', '-inform', 'DER'], { input: bytes, encoding: 'utf8' })
    assert.match(text, new RegExp(`l= *${size} prim: OCTET STRING`), `${size} bytes`)
  }
})

test.run()
