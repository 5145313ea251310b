// The small functions of lib/, by table.
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { contains, formatAddress, formatCidr, overlaps, parseAddress, parseCidr, subnet } from '../../lib/cidr.ts'
import { describeError, exitCodes, fail, RedoubtError } from '../../lib/errors.ts'
import { canLive, formatBytes, formatTable, progressText, shown } from '../../lib/output.ts'
import { mapPool } from '../../lib/pool.ts'
import { addSecret, redact, redactAll } from '../../lib/redact.ts'

const cidr = (text: string) => {
  const value = parseCidr(text)
  assert.ok(value, text)
  return value
}

test('addresses: only four plain decimal parts', () => {
  for (const text of ['1.2.3', '1.2.3.4.5', '256.0.0.1', '01.2.3.4', '1.2.3.x', '', '1.2.3.-4', '0x1.2.3.4'])
    assert.equal(parseAddress(text), undefined, text)
  for (const text of ['0.0.0.0', '255.255.255.255', '10.77.0.11']) {
    const value = parseAddress(text)
    assert.equal(value === undefined ? undefined : formatAddress(value), text)
  }
})

test('networks: no host bits, prefix in range', () => {
  for (const text of ['10.0.0.1/8', '10.0.0.0/33', '10.0.0.0', '10.0.0.0/08', '10.0.0.0/8/8'])
    assert.equal(parseCidr(text), undefined, text)
  assert.equal(formatCidr(cidr('0.0.0.0/0')), '0.0.0.0/0')
  assert.ok(contains(cidr('10.244.0.0/16'), parseAddress('10.244.255.255') ?? 0))
  assert.ok(!contains(cidr('10.244.0.0/16'), parseAddress('10.245.0.0') ?? 0))
  assert.ok(overlaps(cidr('10.0.0.0/8'), cidr('10.96.0.0/16')))
  assert.ok(!overlaps(cidr('10.96.0.0/16'), cidr('10.97.0.0/16')))
  const last = subnet(cidr('10.244.0.0/16'), 24, 255)
  assert.equal(last && formatCidr(last), '10.244.255.0/24')
  assert.equal(subnet(cidr('10.244.0.0/16'), 24, 256), undefined)
})

test('a live line only on a terminal that can redraw it', () => {
  const cases: [boolean, { isTTY?: boolean; columns?: number }, NodeJS.ProcessEnv][] = [
    [true, { isTTY: true, columns: 80 }, { TERM: 'xterm' }],
    [true, { isTTY: true }, {}],
    [false, { isTTY: true, columns: 0 }, { TERM: 'xterm' }],
    [false, { isTTY: true, columns: 80 }, { TERM: 'dumb' }],
    [false, { isTTY: true, columns: 80 }, { CI: '1' }],
    [false, {}, {}],
  ]
  for (const [expected, stream, env] of cases)
    assert.equal(canLive(stream, env), expected, JSON.stringify([stream, env]))
})

test('every error code has an exit code of its own', () => {
  assert.equal(new Set(Object.values(exitCodes)).size, Object.keys(exitCodes).length)
})

test('an error reads: where, what, what next; a defect says that it is one', () => {
  const error = new RedoubtError('usage', 'no such file', { where: 'redoubt.yaml', hint: 'Run `redoubt init`.' })
  assert.equal(describeError(error, false), 'redoubt.yaml: no such file\n  Run `redoubt init`.')
  assert.match(describeError(new TypeError('x is not a function'), false), /defect of redoubt/)
  assert.match(describeError(error, true), /at /)
})

const sizes: [number, string][] = [
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [459_000_000, '459 MB'],
  [1_300_000_000, '1.3 GB'],
]
test('bytes for people', () => {
  for (const [bytes, text] of sizes) assert.equal(formatBytes(bytes), text)
  assert.equal(progressText(500_000_000, 1_000_000_000, 'bytes', 2000), '500 MB of 1.0 GB, 250 MB/s, 2s left')
  assert.equal(progressText(3, 7, 'items', 0), '3 of 7')
})

test('tables align and do not trail spaces', () => {
  assert.equal(
    formatTable(
      ['A', 'LONG'],
      [
        ['abc', 'x'],
        ['d', ''],
      ],
    ),
    'A    LONG\nabc  x\nd',
  )
})

test('on a terminal the last column goes on below itself, elsewhere a row is a line', () => {
  const rows = [['abc', 'some words that are more than fit']]
  assert.equal(formatTable(['A', 'LONG'], rows, 30), 'A    LONG\nabc  some words that are more\n     than fit')
  for (const width of [0, 20]) assert.equal(formatTable(['A', 'LONG'], rows, width).split('\n').length, 2)
})

test('secrets, private keys and tokens never come out', () => {
  addSecret('hunter2hunter2\n')
  const pem = '-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----'
  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
  const text = redact(`a hunter2hunter2 b ${pem} c ${token} d -----BEGIN EC PRIVATE KEY-----\ncut off`)
  assert.equal(text, 'a [redacted] b [redacted private key] c [redacted token] d [redacted private key]')
})

test('the password of a URL never comes out, however short; a word as short does', () => {
  addSecret('admin')
  const said = redact('admin.conf: proxy http://me:abc@192.0.2.1:3128, then https://:x@host/a?b=c@d')
  assert.equal(said, 'admin.conf: proxy http://[redacted]@192.0.2.1:3128, then https://[redacted]@host/a?b=c@d')
  const kept = `docker://nginx:1.27@sha256:${'a'.repeat(64)} https://host:5000/a@b mailto:a@b https://host/a:b@c`
  assert.equal(redact(kept), kept)
})

test('a private key without its end takes no more with it than could be a key', () => {
  const text = redact('{"a": "x -----BEGIN PRIVATE KEY-----", "b": "kept"}')
  assert.deepEqual(JSON.parse(text), { a: 'x [redacted private key]', b: 'kept' })
  const long = redact(`-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${'A'.repeat(40_000)}`)
  assert.ok(long.startsWith('[redacted private key]') && long.length > 20_000 && long.length < 30_000)
})

test('a token is seen after any character, also after the n of an escaped line end', () => {
  const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
  assert.deepEqual(JSON.parse(redact(JSON.stringify({ a: `x\n${token}` }))), { a: 'x\n[redacted token]' })
})

test('values are redacted string by string, keys and the rest stay', () => {
  addSecret('line one\nline "two"')
  const value = {
    kind: 'K',
    list: ['-----BEGIN PRIVATE KEY-----', 3, null],
    deep: { text: 'a line one\nline "two" b' },
  }
  assert.deepEqual(redactAll(value), {
    kind: 'K',
    list: ['[redacted private key]', 3, null],
    deep: { text: 'a [redacted] b' },
  })
})

test('what a node or a file says cannot steer the terminal; colours stay', () => {
  assert.equal(shown('a\x1b]0;title\x07b\rc\x9b2Jd\x1b[2J'), 'a\\u001b]0;title\\u0007b\\u000dc\\u009b2Jd\\u001b[2J')
  assert.equal(shown('\x1b[31mred\x1b[39m\tx\n'), '\x1b[31mred\x1b[39m\tx\n')
  assert.deepEqual(JSON.parse(shown(JSON.stringify({ a: '\x7f\x1b' }))), { a: '\x7f\x1b' })
})

test('mapPool keeps order, bounds what runs at once, and stops after a failure', async () => {
  let running = 0
  let most = 0
  const results = await mapPool([1, 2, 3, 4, 5], 2, async (n) => {
    most = Math.max(most, ++running)
    await Promise.resolve()
    running--
    return n * n
  })
  assert.deepEqual(results, [1, 4, 9, 16, 25])
  assert.equal(most, 2)
  const seen: number[] = []
  const failing = mapPool([1, 2, 3, 4], 1, async (n) => {
    seen.push(n)
    if (n === 2) fail('failed', 'two')
  })
  await assert.rejects(failing, /two/)
  assert.deepEqual(seen, [1, 2])
})

test.run()
