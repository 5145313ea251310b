// What an officer at the gap is shown of a bundle: the files that cross, what is in them, who signed them.
import type { KeyObject } from 'node:crypto'
import { basename } from 'node:path'
import { names } from '../format/names.ts'
import { volumeNames } from '../format/volumes.ts'
import { fingerprint } from '../keys.ts'
import { type BundleItem, describeContents } from '../read/describe.ts'
import { hashRanges } from '../read/hash-workers.ts'
import { imageSizes } from '../read/image-archive.ts'
import type { VerifyOptions } from '../read/verify.ts'
import { type BundleHead, readHead } from '../read.ts'

/** A transfer manifest before it is text or HTML. Nothing in it is of the clock or of this machine. */
export interface Transfer {
  /** Name and what it says, in the order of the page. */
  about: [string, string][]
  /** Every file that crosses: the bundle, or its volumes; SHA-256 in hex. */
  files: { name: string; size: number; sha256: string }[]
  kinds: { title: string; items: BundleItem[] }[]
  checks: { why: string; commands: string[] }[]
}

/** Of the kinds in the order of the page. */
const titles: Record<BundleItem['kind'], string> = {
  executable: 'Executable',
  image: 'Images',
  chart: 'Helm charts',
  program: 'Programs',
  package: 'Debian packages',
  manifest: 'Manifests',
  release: 'Releases',
  file: 'Files',
}

/**
 * Reads a bundle for its transfer manifest; every byte of every file is hashed. Verify the bundle before: a page of a damaged one would
 * vouch for the damage. Throws as readHead does.
 */
export async function readTransfer(path: string, key: KeyObject, options: VerifyOptions): Promise<Transfer> {
  const head = await readHead(path, key)
  try {
    const files = await hashFiles(head, options)
    const sizes = await imageSizes(head)
    const items = describeContents(head).map((item) => ({ ...item, size: sizes.get(item.digest) ?? item.size }))
    const kinds = Object.entries(titles).map(([kind, title]) => ({
      title,
      items: items.filter((item) => item.kind === kind),
    }))
    return {
      about: aboutOf(head, fingerprint(key)),
      files,
      kinds: kinds.filter((kind) => kind.items.length > 0),
      checks: checksOf(files.map(({ name }) => name)),
    }
  } finally {
    await head.archive.file.close()
  }
}

async function hashFiles(
  { archive }: BundleHead,
  { jobs, onProgress, signal }: VerifyOptions,
): Promise<Transfer['files']> {
  const slices = archive.file.slices.map(({ path, handle, skip, size }) => ({
    path,
    fd: handle?.fd ?? -1,
    size: skip + size,
  }))
  const total = slices.reduce((sum, { size }) => sum + size, 0)
  let done = 0
  const ranges = slices.map(({ fd, size }) => ({ size, pieces: [{ fd, offset: 0, size }] }))
  const onBytes = (count: number) => {
    done += count
    onProgress(done, total)
  }
  const digests = await hashRanges(ranges, jobs, onBytes, signal)
  return slices.map(({ path, size }, index) => ({ name: basename(path), size, sha256: digests[index] ?? '' }))
}

function aboutOf({ statement, lock, id }: BundleHead, signer: string): Transfer['about'] {
  return [
    ['Bundle', `${statement.name} ${statement.version}`],
    ['For', `${lock.kubernetes ? `Kubernetes ${lock.kubernetes}` : 'no cluster'}, ${lock.architecture}`],
    ['Made with', statement.tool],
    ...(statement.builder ? [['Built by', statement.builder] as [string, string]] : []),
    ...(statement.built ? [['Built at', statement.built] as [string, string]] : []),
    ['Signed by', `sha256:${signer}`],
    ['Id', `sha256:${id}`],
    ['Lock', `sha256:${statement.lock.sha256}`],
  ]
}

/** How it is checked without redoubt: each command has been tried by a test as it stands here. */
function checksOf(files: readonly string[]): Transfer['checks'] {
  const [first = ''] = files.map(quote)
  const signed = (data: string, signature: string) =>
    `openssl pkeyutl -verify -pubin -inkey bundle.pub -rawin -in ${data} -sigfile ${signature}`
  const taken = [names.executable, names.executableSignature, names.statement, names.statementSignature]
  const volumes = files.length > 1 ? [volumeNames.list, volumeNames.listSignature] : []
  return [
    {
      why: 'The files are those of this page: the same sizes and SHA-256.',
      commands: [`sha256sum ${files.map(quote).join(' ')}`],
    },
    {
      why: 'The public key, which came by another way than the bundle, is that of the signer: the SHA-256 under Signed by.',
      commands: ['openssl pkey -pubin -in bundle.pub -outform DER | sha256sum'],
    },
    {
      why: 'It signed the statement, whose SHA-256 is the Id, and the executable.',
      commands: [
        `tar --occurrence=1 -xf ${first} ${[...taken, ...volumes].join(' ')}`,
        signed(names.statement, names.statementSignature),
        `sha256sum ${names.statement}`,
        signed(names.executable, names.executableSignature),
        ...(volumes.length > 0 ? [signed(volumeNames.list, volumeNames.listSignature)] : []),
      ],
    },
    { why: 'Then every byte of what is carried:', commands: [`./redoubt bundle verify ${first} --key bundle.pub`] },
  ]
}

/** A word as a shell takes it. */
function quote(word: string): string {
  return /^[\w.+-]+$/.test(word) && !word.startsWith('-') ? word : `'./${word.replaceAll("'", `'\\''`)}'`
}
