// Seeded damage to a bundle's bytes: what disks, cables, carelessness and enemies do. The same seed gives the same damage.
import { Header } from 'tar'

/** Numbers from 0 up to below `limit`, always the same for a seed (mulberry32). */
export type Dice = (limit: number) => number

export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

interface Mutation {
  name: string
  change: (data: Buffer, dice: Dice) => Buffer
}

/** Where headers stand in an archive that is whole, and its end. */
function headersOf(data: Buffer): number[] {
  const found: number[] = []
  for (let at = 0; at + 512 <= data.length && data[at] !== 0; ) {
    found.push(at)
    at += 512 + Math.ceil((new Header(data.subarray(at, at + 512)).size ?? 0) / 512) * 512
    // The slice that follows a volume's header begins anywhere in an entry.
    if (data.toString('latin1', at + 257, at + 262) !== 'ustar') break
  }
  return found
}

const pick = <T>(items: readonly T[], dice: Dice): T => items[dice(items.length)] as T
const noise = (size: number, dice: Dice): Buffer => Buffer.from(Array.from({ length: size }, () => dice(256)))
const splice = (data: Buffer, at: number, remove: number, ...put: Buffer[]): Buffer =>
  Buffer.concat([data.subarray(0, at), ...put, data.subarray(at + remove)])

/** An entry's blocks, by its header's offset. */
function entryAt(data: Buffer, at: number): Buffer {
  const headers = headersOf(data)
  return data.subarray(at, headers[headers.indexOf(at) + 1] ?? Math.max(at + 512, data.length - 1024))
}

/** Fields of a ustar header: offset and length (POSIX.1-1988). */
const fields = [
  [0, 100],
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [136, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [265, 32],
  [297, 32],
  [329, 8],
  [337, 8],
  [345, 155],
  [500, 12],
] as const

const values = [
  '../../escaped',
  '/escaped',
  'redoubt',
  'blobs/sha256/..',
  './redoubt',
  'a\0b',
  '77777777777',
  '00000000000',
  '-0000000001',
  '99999999999',
  '\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff',
  '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
  '1',
  '2',
  '3',
  '5',
  'x',
  'g',
  'L',
  'K',
  'M',
  'S',
  'V',
]

/** Sets the checksum of a header right, so that what it says is believed. */
function checked(block: Buffer): Buffer {
  block.fill(0x20, 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function hostileEntry(dice: Dice): Buffer {
  const block = Buffer.alloc(512)
  const type = pick(
    [
      'File',
      'SymbolicLink',
      'Link',
      'CharacterDevice',
      'BlockDevice',
      'FIFO',
      'Directory',
      'ExtendedHeader',
      'NextFileHasLongPath',
    ] as const,
    dice,
  )
  const path = pick(
    ['../escaped', '/escaped', 'redoubt', 'blobs/sha256/x', 'bundle', 'a/../../escaped', 'index.json'],
    dice,
  )
  new Header({ path, type, mode: 0o777, size: 0, uid: 0, gid: 0, mtime: new Date(0), linkpath: '/etc/passwd' }).encode(
    block,
  )
  return block
}

/** Of any file: a whole bundle, a volume. */
export const fileMutations: readonly Mutation[] = [
  {
    name: 'bits flipped',
    change: (data, dice) => {
      for (let count = 1 + dice(8); count > 0; count--) {
        const at = dice(data.length)
        data[at] = (data[at] ?? 0) ^ (1 << dice(8))
      }
      return data
    },
  },
  { name: 'truncated', change: (data, dice) => data.subarray(0, dice(data.length)) },
  { name: 'truncated at a block', change: (data, dice) => data.subarray(0, dice(data.length / 512) * 512) },
  {
    name: 'bytes put in',
    change: (data, dice) => splice(data, dice(data.length), 0, noise(1 + dice(700), dice)),
  },
  {
    name: 'blocks put in',
    change: (data, dice) => splice(data, dice(data.length / 512) * 512, 0, Buffer.alloc(512 * (1 + dice(4)))),
  },
  { name: 'bytes taken out', change: (data, dice) => splice(data, dice(data.length), 1 + dice(2000)) },
  {
    name: 'zeros written over',
    change: (data, dice) => {
      const at = dice(data.length)
      return data.fill(0, at, Math.min(data.length, at + 1 + dice(4096)))
    },
  },
  {
    name: 'another part written over',
    change: (data, dice) => {
      data.copyWithin(dice(data.length), dice(data.length), data.length)
      return data
    },
  },
  { name: 'more behind the end', change: (data, dice) => Buffer.concat([data, noise(1 + dice(2000), dice)]) },
  { name: 'twice', change: (data) => Buffer.concat([data, data]) },
  { name: 'noise', change: (data, dice) => noise(dice(data.length), dice) },
  {
    name: 'a field of a header, its checksum right',
    change: (data, dice) => {
      const at = pick(headersOf(data), dice)
      const [offset, length] = pick(fields, dice)
      const value = dice(4) === 0 ? noise(length, dice).toString('latin1') : pick(values, dice)
      data.fill(0, at + offset, at + offset + length)
      data.write(value.slice(0, length), at + offset, 'latin1')
      checked(data.subarray(at, at + 512))
      return data
    },
  },
  {
    name: 'an absurd size',
    change: (data, dice) => {
      const at = pick(headersOf(data), dice)
      data.write(pick(values.slice(6, 12), dice), at + 124, 'latin1')
      checked(data.subarray(at, at + 512))
      return data
    },
  },
  {
    name: 'an entry put in',
    change: (data, dice) => splice(data, pick(headersOf(data), dice), 0, hostileEntry(dice)),
  },
  {
    name: 'an entry put at the end',
    change: (data, dice) => splice(data, data.length - 1024, 0, hostileEntry(dice)),
  },
  {
    name: 'an entry twice',
    change: (data, dice) => {
      const headers = headersOf(data)
      return splice(data, pick(headers, dice), 0, Buffer.from(entryAt(data, pick(headers, dice))))
    },
  },
  {
    name: 'an entry left out',
    change: (data, dice) => {
      const at = pick(headersOf(data), dice)
      return splice(data, at, entryAt(data, at).length)
    },
  },
  {
    name: 'two entries swapped',
    change: (data, dice) => {
      const headers = headersOf(data)
      const [first = 0, second = 0] = [pick(headers, dice), pick(headers, dice)].sort((a, b) => a - b)
      if (first === second) return data
      const [a, b] = [Buffer.from(entryAt(data, first)), Buffer.from(entryAt(data, second))]
      return Buffer.concat([
        data.subarray(0, first),
        b,
        data.subarray(first + a.length, second),
        a,
        data.subarray(second + b.length),
      ])
    },
  },
  {
    name: 'a digit in a text',
    change: (data, dice) => {
      const digits: number[] = []
      for (let at = 0; at < Math.min(data.length, 16_384); at++)
        if ((data[at] ?? 0) >= 48 && (data[at] ?? 0) <= 57) digits.push(at)
      const at = pick(digits, dice)
      data[at] = 48 + dice(10)
      return data
    },
  },
]
