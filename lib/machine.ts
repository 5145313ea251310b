import { open } from 'node:fs/promises'
import { fail } from './errors.ts'

/** Machines that bundles are for, as Go and Debian call them. */
export type Architecture = 'amd64' | 'arm64'

/** This machine's architecture. Throws `failed` for one that we do not serve. */
export function hostArchitecture(): Architecture {
  if (process.arch === 'x64') return 'amd64'
  if (process.arch === 'arm64') return 'arm64'
  return fail('failed', `redoubt does not run on ${process.arch}`, { hint: 'Use an amd64 or arm64 machine.' })
}

/** `e_machine` of what is met (ELF specification; elf.h). */
const machines: Readonly<Record<number, string>> = {
  3: '386',
  40: 'arm',
  62: 'amd64',
  183: 'arm64',
  21: 'ppc64',
  22: 's390x',
  243: 'riscv64',
}

/** For which machine a program is, by its first 20 bytes; undefined for what is no ELF file: a script, an archive, data. */
export function machineOf(head: Uint8Array): string | undefined {
  const view = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  if (view.length < 20 || view.readUInt32BE(0) !== 0x7f454c46) return undefined
  // EI_DATA: 2 is big-endian.
  const [machine, order] = view[5] === 2 ? [view.readUInt16BE(18), ', big-endian'] : [view.readUInt16LE(18), '']
  return `${machines[machine] ?? `machine ${machine}`}${order && machine !== 22 ? order : ''}`
}

/** As machineOf, of a file. */
export async function machineOfFile(path: string): Promise<string | undefined> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0)
    return machineOf(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}
