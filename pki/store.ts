import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { chmod, lstat, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf, fail } from '../lib/errors.ts'
import { ensureFolder, exists, listFiles, readBytes, readText, writeAtomic } from '../lib/files.ts'

/** How files are written; tests put a failing one in its place. */
export type Write = (path: string, data: string | Uint8Array, mode: number) => Promise<void>

/** The folder `keys/`: certificates and public keys 0644, everything else 0600, folders 0700. */
export interface Store {
  path(name: string): string
  /** All files, relative, sorted. */
  list(): Promise<string[]>
  /** A certificate, or undefined when its file is not there. Throws `usage` when the file is none. */
  certificate(id: string): Promise<X509Certificate | undefined>
  /** A private key, or undefined when its file is not there. Throws `usage` when the file is none. */
  privateKey(id: string): Promise<KeyObject | undefined>
  /** The text of a private file, or undefined. */
  privateText(name: string): Promise<string | undefined>
  writePrivate(name: string, text: string): Promise<void>
  writePublic(name: string, text: string): Promise<void>
}

const sizeLimit = 1 << 20

export function openStore(folder: string, write: Write = writeAtomic): Store {
  const path = (name: string) => join(folder, name)
  const made = new Set<string>([folder])

  async function privateText(name: string): Promise<string | undefined> {
    const file = path(name)
    return (await inspect(file)) ? readText(file) : undefined
  }

  async function writeFile(name: string, text: string, mode: number): Promise<void> {
    const parent = dirname(path(name))
    if (!made.has(parent)) await ensureFolder(parent, 0o700)
    made.add(parent)
    await write(path(name), text, mode)
  }

  return {
    path,
    list: async () => ((await exists(folder)) ? listFiles(folder) : []),
    certificate: async (id) => {
      const file = path(`${id}.crt`)
      return (await inspect(file)) ? parseCertificate(await readBytes(file), file) : undefined
    },
    privateKey: async (id) => {
      const text = await privateText(`${id}.key`)
      return text === undefined ? undefined : parsePrivateKey(text, path(`${id}.key`))
    },
    privateText,
    writePrivate: (name, text) => writeFile(name, text, 0o600),
    writePublic: (name, text) => writeFile(name, text, 0o644),
  }
}

/** True for a file that others may read: certificates, public keys, the ledger. */
export function isPublic(name: string): boolean {
  return /\.(crt|pub)$/.test(name) || name === 'ledger.json'
}

/** Takes away what a killed run left (files that were never renamed to their name) and closes private files to others. */
export async function tidy(store: Store): Promise<void> {
  for (const name of await store.list()) {
    const found = await inspect(store.path(name))
    if (/\.[0-9a-f]{8}\.tmp$/.test(name)) await rm(store.path(name), { force: true })
    else if (found && !isPublic(name) && (found.mode & 0o077) !== 0) await chmod(store.path(name), 0o600)
  }
  for (const name of foldersOf(await store.list())) await chmod(store.path(name), 0o700)
}

/** The folders that hold these files, without the outermost. */
export function foldersOf(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => dirname(name)))].filter((name) => name !== '.')
}

/** The first certificate in `bytes` (PEM or DER) whose key and dates can be read. Throws `usage` naming the file. */
export function parseCertificate(bytes: Buffer, file: string): X509Certificate {
  try {
    const certificate = new X509Certificate(bytes)
    // Both are decoded only when asked for: a certificate with rubbish in them is refused here, not somewhere later.
    certificate.publicKey.export({ type: 'spki', format: 'der' })
    for (const date of [certificate.validFromDate, certificate.validToDate]) date.toISOString()
    return certificate
  } catch (error) {
    return fail('usage', 'cannot be read as a certificate', {
      where: file,
      hint: 'Restore it from a backup; a leaf may also be deleted: `redoubt pki init` issues a new one.',
      cause: error,
    })
  }
}

/** Throws `usage` naming the file, never showing its contents. */
export function parsePrivateKey(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    return fail('usage', 'is no private key', {
      where: file,
      hint: 'Restore it from a backup; the key of a leaf may also be deleted: `redoubt pki init` makes a new one.',
    })
  }
}

/** Mode of a regular file, undefined when nothing is there. Throws `usage` for links, folders and giants. */
async function inspect(file: string): Promise<{ mode: number } | undefined> {
  try {
    const found = await lstat(file)
    if (!found.isFile()) return fail('usage', 'is no regular file', { where: file })
    if (found.size > sizeLimit) return fail('usage', 'is far too large for what its name says', { where: file })
    return found
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
