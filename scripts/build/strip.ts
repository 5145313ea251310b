// What `strip --strip-all` does, for one kind of file and any machine: binutils' own reads its own architecture alone.
import { type FileHandle, open } from 'node:fs/promises'
import { fail } from '../../lib/errors.ts'

/** A section header of a 64-bit ELF file (elf.h, Elf64_Shdr): 64 bytes, of which these are read. */
interface Section {
  bytes: Buffer
  type: number
  loaded: boolean
  offset: number
  size: number
}

const headerSize = 64
const sectionSize = 64
const [noBits, stringTable] = [8, 3]

/**
 * Drops from a 64-bit little-endian ELF program, in place, what is never loaded: symbols, debug information, comments. The linker puts it
 * behind all that is, so nothing else moves. Throws `failed` for a file that is laid out otherwise.
 */
export async function stripProgram(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const header = await readBytes(file, 0, headerSize)
    if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1)
      fail('failed', 'is no 64-bit ELF program', { where: path })
    const sections = await readSections(file, header)
    const kept = sections.findLastIndex(({ loaded }) => loaded) + 1
    const end = Math.max(
      ...sections.slice(0, kept).map(({ type, offset, size }) => offset + (type === noBits ? 0 : size)),
    )
    const misplaced = sections.slice(0, kept).some(({ loaded, type }) => !loaded && type !== 0)
    const needed = programEnd(await readBytes(file, Number(header.readBigUInt64LE(32)), 56 * header.readUInt16LE(56)))
    if (kept === 0 || misplaced || needed > end || sections.slice(kept).some(({ offset }) => offset < end))
      fail('failed', 'its sections are not in the order that linkers give them', { where: path })
    // The names of those that stay, in the table that stays: its entries are offsets into it.
    const names = sections[header.readUInt16LE(62)]
    if (names?.type !== stringTable) return fail('failed', 'names none of its sections', { where: path })
    const text = await readBytes(file, names.offset, names.size)
    const table = align(end + text.length)
    const last = Buffer.from(names.bytes)
    last.writeBigUInt64LE(BigInt(end), 24)
    header.writeBigUInt64LE(BigInt(table), 40)
    header.writeUInt16LE(kept + 1, 60)
    header.writeUInt16LE(kept, 62)
    await file.truncate(end)
    await file.write(text, 0, text.length, end)
    const headers = Buffer.concat([...sections.slice(0, kept).map(({ bytes }) => bytes), last])
    await file.write(headers, 0, headers.length, table)
    await file.write(header, 0, headerSize, 0)
  } finally {
    await file.close()
  }
}

async function readSections(file: FileHandle, header: Buffer): Promise<Section[]> {
  const count = header.readUInt16LE(60)
  const table = await readBytes(file, Number(header.readBigUInt64LE(40)), count * sectionSize)
  return Array.from({ length: count }, (_, index) => {
    const bytes = table.subarray(index * sectionSize, (index + 1) * sectionSize)
    return {
      bytes,
      type: bytes.readUInt32LE(4),
      // SHF_ALLOC
      loaded: (bytes.readBigUInt64LE(8) & 2n) !== 0n,
      offset: Number(bytes.readBigUInt64LE(24)),
      size: Number(bytes.readBigUInt64LE(32)),
    }
  })
}

/** Where the last segment ends (Elf64_Phdr: offset and size in the file at 8 and 32 of 56 bytes). */
function programEnd(table: Buffer): number {
  const ends = Array.from({ length: table.length / 56 }, (_, index) => {
    const at = index * 56
    return Number(table.readBigUInt64LE(at + 8) + table.readBigUInt64LE(at + 32))
  })
  return Math.max(0, ...ends)
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8
}

async function readBytes(file: FileHandle, offset: number, size: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, offset)
  return bytesRead === size ? buffer : fail('failed', `ends before byte ${offset + size}`)
}
