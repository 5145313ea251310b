import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import { stripProgram } from '../../scripts/build/strip.ts'

const folder = mkdtempSync(join(tmpdir(), 'redoubt-strip-'))
test.after(() => rmSync(folder, { recursive: true, force: true }))

test('a stripped node runs, and stripping it again changes nothing', async () => {
  const path = join(folder, 'node')
  copyFileSync(process.execPath, path)
  await stripProgram(path)
  const { size } = statSync(path)
  assert.ok(size <= statSync(process.execPath).size)
  assert.equal(execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), process.version)
  await stripProgram(path)
  assert.equal(statSync(path).size, size)
})

const sectionsAt = 300
/** A program of one segment (bytes 0 to 200), its section, one that is never loaded, and their names; `machine` as in elf.h. */
function program(machine: number): Buffer {
  const file = Buffer.alloc(sectionsAt + 4 * 64)
  file.write('\x7fELF\x02\x01', 'latin1')
  file.writeUInt16LE(machine, 18)
  file.writeBigUInt64LE(64n, 32)
  file.writeBigUInt64LE(BigInt(sectionsAt), 40)
  file.writeUInt16LE(1, 56)
  file.writeUInt16LE(4, 60)
  file.writeUInt16LE(3, 62)
  file.writeBigUInt64LE(200n, 64 + 32)
  const sections = [
    [0, 0, 0, 0],
    [1, 2, 120, 80],
    [1, 0, 200, 60],
    [3, 0, 260, 20],
  ]
  for (const [index, [type = 0, flags = 0, offset = 0, size = 0]] of sections.entries()) {
    const at = sectionsAt + index * 64
    file.writeUInt32LE(type, at + 4)
    file.writeBigUInt64LE(BigInt(flags), at + 8)
    file.writeBigUInt64LE(BigInt(offset), at + 24)
    file.writeBigUInt64LE(BigInt(size), at + 32)
  }
  file.write('loaded', 130)
  file.write('debug information', 210)
  file.write('\0.text\0.debug\0.shs', 260)
  return file
}

async function stripped(bytes: Buffer): Promise<Buffer> {
  const path = join(folder, 'program')
  writeFileSync(path, bytes)
  await stripProgram(path)
  return readFileSync(path)
}

test('what is loaded and the names of sections stay, the rest goes, of a program for any machine', async () => {
  for (const machine of [62, 183]) {
    const before = program(machine)
    const after = await stripped(before)
    assert.deepEqual(after.subarray(64, 200), before.subarray(64, 200))
    assert.deepEqual(after.subarray(200, 220), before.subarray(260, 280))
    assert.equal(after.includes('debug information'), false)
    assert.deepEqual([after.readUInt16LE(60), after.readUInt16LE(62), after.readBigUInt64LE(40)], [3, 2, 224n])
    assert.equal(after.length, 224 + 3 * 64)
    assert.equal(after.readBigUInt64LE(224 + 2 * 64 + 24), 200n)
  }
})

test('what is no program, cut off, or laid out otherwise is refused and stays as it was', async () => {
  await assert.rejects(stripped(Buffer.from('#!/bin/sh\n'.repeat(20))), /no 64-bit ELF program/)
  const short = join(folder, 'short')
  writeFileSync(short, program(62))
  truncateSync(short, 400)
  await assert.rejects(stripProgram(short), /ends before byte/)
  assert.equal(statSync(short).size, 400)
  // The second section is loaded, the first is not; a segment reaches beyond what is loaded.
  const mixed = program(62)
  mixed.writeBigUInt64LE(0n, sectionsAt + 64 + 8)
  mixed.writeBigUInt64LE(2n, sectionsAt + 128 + 8)
  const beyond = program(62)
  beyond.writeBigUInt64LE(260n, 64 + 32)
  for (const file of [mixed, beyond]) {
    await assert.rejects(stripped(file), /order that linkers/)
    assert.deepEqual(readFileSync(join(folder, 'program')), file)
  }
})

test.run()
