// The signed list of a run's files, in the form that `sha256sum -c` reads.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fingerprint, isSigned, signBytes } from '../../bundles/keys.ts'
import { byCodeUnit, readBytes } from '../../lib/files.ts'
import { sha256, sha256File } from '../../lib/hash.ts'

export const manifestName = 'SHA256SUMS'
export const signatureName = 'SHA256SUMS.sig'

/** Lines of hash, two spaces, name; sorted by name. */
export function manifestOf(files: Readonly<Record<string, string>>): string {
  const names = Object.keys(files).sort(byCodeUnit)
  return names.map((name) => `${sha256(files[name] ?? '')}  ${name}\n`).join('')
}

/** The Ed25519 signature (RFC 8032) of a manifest's bytes: 64 bytes. */
export function signManifest(text: string, key: KeyObject): Buffer {
  return signBytes(Buffer.from(text), key)
}

export interface RunCheck {
  /** SHA-256 of the public key, as `openssl pkey -pubin -outform DER | sha256sum` shows it. */
  key: string
  files: string[]
  /** Everything that is not as it was signed; empty when all is well. */
  problems: string[]
}

/** Checks a run's folder against its signature: nothing changed, nothing gone, nothing added. Throws `usage` when there is no manifest. */
export async function checkRun(folder: string, key: KeyObject): Promise<RunCheck> {
  const hint = 'A run of `redoubt verify` has it; name the folder of one.'
  const manifest = await readBytes(join(folder, manifestName), hint)
  const signature = await readBytes(join(folder, signatureName), hint)
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  const sums = parseManifest(manifest.toString('utf8'))
  const problems: string[] = []
  if (!isSigned(manifest, signature, publicKey))
    problems.push(`${signatureName}: ${manifestName} is not signed by this key`)
  if (!sums) problems.push(`${manifestName}: is no list of SHA-256 sums`)
  for (const [name, sum] of sums ?? []) {
    const problem = await fileProblem(join(folder, name), sum)
    if (problem) problems.push(`${name}: ${problem}`)
  }
  for (const name of (await readdir(folder)).sort(byCodeUnit))
    if (!sums?.has(name) && name !== manifestName && name !== signatureName) problems.push(`${name}: was not signed`)
  return { key: fingerprint(publicKey), files: [...(sums?.keys() ?? [])], problems }
}

/** Sums by name; undefined when a line is none, or names anything but a file beside it. */
function parseManifest(text: string): Map<string, string> | undefined {
  const sums = new Map<string, string>()
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}([A-Za-z0-9_-][A-Za-z0-9._-]*)$/.exec(line) ?? []
    if (!sum || !name || sums.has(name)) return undefined
    sums.set(name, sum)
  }
  return sums
}

async function fileProblem(path: string, sum: string): Promise<string | undefined> {
  const info = await lstat(path).catch(() => undefined)
  if (!info) return 'is missing'
  if (!info.isFile()) return 'is no regular file'
  return (await sha256File(path)) === sum ? undefined : 'was changed'
}
