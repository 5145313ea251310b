import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { machineOf, machineOfFile } from '../../lib/machine.ts'

/** The first bytes of an ELF file (elf.h): class, byte order, type, machine. */
function elf(machine: number, order: 1 | 2 = 1): Buffer {
  const head = Buffer.alloc(64)
  head.write('\x7fELF', 'latin1')
  head[4] = 2
  head[5] = order
  if (order === 1) head.writeUInt16LE(machine, 18)
  else head.writeUInt16BE(machine, 18)
  return head
}

const heads: [string, Buffer, string | undefined][] = [
  ['x86-64', elf(62), 'amd64'],
  ['aarch64', elf(183), 'arm64'],
  ['32-bit arm', elf(40), 'arm'],
  ['aarch64, big-endian', elf(183, 2), 'arm64, big-endian'],
  ['s390x', elf(22, 2), 's390x'],
  ['one that nobody knows', elf(4711), 'machine 4711'],
  ['a script', Buffer.from('#!/bin/sh\necho a long enough script\n'), undefined],
  ['too short', elf(62).subarray(0, 19), undefined],
  ['nothing', Buffer.alloc(0), undefined],
]
for (const [what, head, expected] of heads)
  test(`the machine of a program: ${what}`, () => assert.equal(machineOf(head), expected))

test('the machine of a program that runs here is this one', async () => {
  assert.equal(await machineOfFile(process.execPath), process.arch === 'x64' ? 'amd64' : process.arch)
})

test.run()
