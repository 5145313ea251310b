import { createHash, type KeyObject } from 'node:crypto'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { type Lock, type LockAbout, parseLock, parseLockAbout } from '../cluster/lock.ts'
import { fail } from '../lib/errors.ts'
import { sha256 } from '../lib/hash.ts'
import { deltaNames } from './format/delta.ts'
import { limits, names, signatureSize } from './format/names.ts'
import { type ContentsEntry, parseContents, parseStatement, type Statement } from './format/statement.ts'
import { fingerprint, isSigned, readPublicKey } from './keys.ts'
import {
  type Archive,
  type ArchiveEntry,
  copyAgain,
  readAt,
  readContent,
  readEntry,
  requireBytes,
  signedByAnother,
  whereIs,
} from './read/archive.ts'
import { archiveOfImages, type ImageArchive } from './read/image-archive.ts'
import { openArchive, refuseMissing } from './read/open.ts'
import { ownerIn } from './read/owner.ts'
import { blobEntry } from './read/places.ts'

/** The head of a bundle: its leading entries, read and, if a key was given, checked against it. */
export interface BundleHead {
  archive: Archive
  statement: Statement
  /** SHA-256 of the statement, hex: names the bundle. */
  id: string
  /** `redoubt`, `redoubt.sig`, and the three entries after them, in their order. */
  leading: ArchiveEntry[]
  contents: ContentsEntry[]
  about: LockAbout
  /** Read when it is first asked for: one of thousands of blobs takes as long as hashing 500 MB. Throws `usage` for what is no lock. */
  readonly lock: Lock
}

/** A bundle whose signature, contents and lock were checked. Blobs are checked as they are read. */
export interface Bundle {
  name: string
  version: string
  lock: Lock
  /** A blob's bytes. The stream fails with `integrity` at its end when they are wrong: use nothing of it before it has ended well. */
  blob(digest: string): Readable
  /**
   * An OCI layout as a tar, for `ctr images import -`: just the images named (`redoubt.dev/NAME@sha256:...`, as imageReference() in
   * cluster/lock.ts gives them), each under both of its names. Throws `usage` for one that the bundle does not hold. Checked as blob() is.
   */
  imageArchive(references: readonly string[]): Promise<ImageArchive>
  close(): Promise<void>
}

/** Opens a bundle for the inside stages. Throws `integrity` (exit 4) when the key is not its signer's or anything in its head is wrong. */
export async function openBundle(path: string, publicKeyPem: string, keyName = 'the public key'): Promise<Bundle> {
  const head = await readHead(path, readPublicKey(publicKeyPem, keyName))
  const { statement, lock, archive } = head
  const find = (digest: string): ContentsEntry =>
    blobEntry(head, digest) ?? fail('usage', `the bundle holds no blob ${digest}`, { where: path })
  return {
    name: statement.name,
    version: statement.version,
    lock,
    blob: (digest) => Readable.from(readChecked(head, find(digest)), { objectMode: false }),
    imageArchive: (references) => archiveOfImages(head, references),
    close: () => archive.file.close(),
  }
}

/**
 * Reads the head. With a key, nothing is parsed before the signature over the statement holds. `partial`: volumes may be missing, the
 * first one holds the head. Throws as openBundle does.
 */
export async function readHead(path: string, key: KeyObject | undefined, partial = false): Promise<BundleHead> {
  const archive = await openArchive(path, key)
  try {
    if (!partial) refuseMissing(archive)
    return await readHeadOf(archive, key)
  } catch (error) {
    await archive.file.close()
    throw error
  }
}

/** As readHead, of an archive that is open, and stays so. */
export async function readHeadOf(archive: Archive, key: KeyObject | undefined): Promise<BundleHead> {
  const { path } = archive
  const leading: ArchiveEntry[] = []
  const next = async (name: string, limit: number): Promise<ArchiveEntry> => {
    const offset = leading.at(-1)?.next ?? 0
    const entry = await readEntry(archive, offset, name)
    if (offset === 0 && entry?.path === deltaNames.list)
      fail('usage', 'is a delta, which is no bundle without its base', {
        where: path,
        hint: `Merge them first: redoubt bundle merge ${basename(path)} --base FILE`,
      })
    if (entry?.path !== name)
      return fail(
        'integrity',
        `is no redoubt bundle: expected ${name} at byte ${offset}, found ${entry?.path ?? 'zeros'}`,
        {
          where: path,
        },
      )
    if (entry.size > limit)
      fail('integrity', `${name} says it has ${entry.size} bytes; at most ${limit} are believed`, { where: path })
    requireBytes(archive, entry.offset, entry.size, name)
    leading.push(entry)
    return entry
  }
  await next(names.executable, Number.POSITIVE_INFINITY)
  const executableSignature = await readContent(archive, await next(names.executableSignature, signatureSize))
  const statementBytes = await readContent(archive, await next(names.statement, limits.statement))
  const signature = await readContent(archive, await next(names.statementSignature, signatureSize))
  if (key && !isSigned(statementBytes, signature, key))
    fail('integrity', 'is not signed by this key', signedByAnother(path))
  if (archive.volumes && sha256(statementBytes) !== archive.volumes.list.bundle)
    fail('integrity', 'holds the statement of another bundle than its volumes are of', { where: path })
  const statement = parseStatement(statementBytes, `${path}: ${names.statement}`)
  if (key && statement.signer && statement.signer !== fingerprint(key))
    fail(
      'integrity',
      `says that it was signed by sha256:${statement.signer}, which is not this key`,
      signedByAnother(path),
    )
  expectHash(path, names.executableSignature, executableSignature, statement.executableSignature)
  const contentsBytes = await readContent(archive, await next(names.contents, limits.contents))
  expectHash(path, names.contents, contentsBytes, statement.contents)
  const { entries } = parseContents(contentsBytes, `${path}: ${names.contents}`)
  const [first] = entries
  if (first?.path !== names.lock || first.sha256 !== statement.lock.sha256 || first.size > limits.lock)
    return fail('integrity', `${names.contents} does not begin with ${names.lock}`, { where: path })
  const lockBytes = await readContent(archive, first)
  expectHash(path, names.lock, lockBytes, first)
  let lock: Lock | undefined
  return {
    archive,
    statement,
    id: sha256(statementBytes),
    leading,
    contents: entries,
    about: parseLockAbout(lockBytes.toString('utf8'), `${path}: ${names.lock}`),
    get lock() {
      lock ??= parseLock(lockBytes.toString('utf8'), `${path}: ${names.lock}`)
      return lock
    },
  }
}

function expectHash(where: string, name: string, data: Buffer, expected: { size: number; sha256: string }): void {
  if (data.length !== expected.size || sha256(data) !== expected.sha256)
    fail('integrity', `${name} is not what the statement says`, { where, hint: copyAgain })
}

/** An entry's bytes, hashed on their way; the last step throws `integrity` when they are not the signed ones. */
export async function* readChecked(from: Whose, entry: ContentsEntry): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  let done = 0
  while (done < entry.size) {
    const chunk = await readAt(from.archive, entry.offset + done, Math.min(1 << 20, entry.size - done), entry.path)
    hash.update(chunk)
    done += chunk.length
    yield chunk
  }
  if (hash.digest('hex') !== entry.sha256) throwDamaged(from, entry)
}

/** What is read from; with a lock, damage says whose it is. */
type Whose = Pick<BundleHead, 'archive'> & Partial<Pick<BundleHead, 'lock'>>

/** Throws the one error for bytes that are not the signed ones; of a blob it names whose it is. */
export function throwDamaged(from: Whose, entry: { path: string; offset: number; size: number }): never {
  const [, hex] = /^blobs\/sha256\/(.+)$/.exec(entry.path) ?? []
  const { archive } = from
  const owner = hex ? ownerIn(from, `sha256:${hex}`) : undefined
  const whose = owner ? `, of ${owner}` : ''
  fail('integrity', `${entry.path} is damaged (bytes ${entry.offset} to ${entry.offset + entry.size})${whose}`, {
    where: whereIs(archive, entry.offset),
    hint: copyAgain,
  })
}
