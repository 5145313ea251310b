// What an officer at the gap is shown of a bundle: the files that cross, what is in them, who signed them.
import type { KeyObject } from 'node:crypto'
import { basename } from 'node:path'
import { type Delta, readAnyHead } from '../delta/open.ts'
import { deltaNames } from '../format/delta.ts'
import { names } from '../format/names.ts'
import { volumeNames } from '../format/volumes.ts'
import { fingerprint } from '../keys.ts'
import type { Archive } from '../read/archive.ts'
import type { BundleItem } from '../read/describe.ts'
import { hashWith, type VerifyOptions } from '../read/verify.ts'
import type { BundleHead } from '../read.ts'
import { itemsThatCross } from './crossing.ts'

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
 * Reads a bundle or a delta for its transfer manifest; every byte of every file is hashed. Verify it before: a page of a damaged one would
 * vouch for the damage. Throws as readAnyHead does.
 */
export async function readTransfer(path: string, key: KeyObject, options: VerifyOptions): Promise<Transfer> {
  const { head, delta, close } = await readAnyHead(path, key)
  try {
    const files = await hashFiles(delta?.archive ?? head.archive, options)
    const leftOut = new Set(delta?.list.needs.map(({ sha256 }) => sha256))
    const items = await itemsThatCross(head, leftOut)
    const kinds = Object.entries(titles).map(([kind, title]) => ({
      title,
      items: items.filter((item) => item.kind === kind),
    }))
    return {
      about: aboutOf(head, delta, fingerprint(key)),
      files,
      kinds: kinds.filter((kind) => kind.items.length > 0),
      checks: checksOf(
        files.map(({ name }) => name),
        delta,
        leftOut.has(head.statement.executable.sha256),
      ),
    }
  } finally {
    await close()
  }
}

async function hashFiles(archive: Archive, options: VerifyOptions): Promise<Transfer['files']> {
  const slices = archive.file.slices.map(({ path, handle, skip, size }) => ({
    path,
    fd: handle?.fd ?? -1,
    size: skip + size,
  }))
  const ranges = slices.map(({ fd, size }) => ({ size, pieces: [{ fd, offset: 0, size }] }))
  const digests = await hashWith(ranges, options)
  return slices.map(({ path, size }, index) => ({ name: basename(path), size, sha256: digests[index] ?? '' }))
}

function aboutOf({ statement, lock, id }: BundleHead, delta: Delta | undefined, signer: string): Transfer['about'] {
  return [
    ...titleOf(statement, delta),
    ['For', `${lock.kubernetes ? `Kubernetes ${lock.kubernetes}` : 'no cluster'}, ${lock.architecture}`],
    ['Made with', statement.tool],
    ...(statement.builder ? [['Built by', statement.builder] as [string, string]] : []),
    ...(statement.built ? [['Built at', statement.built] as [string, string]] : []),
    ['Signed by', `sha256:${signer}`],
    ['Id', `sha256:${id}`],
    ['Lock', `sha256:${statement.lock.sha256}`],
  ]
}

function titleOf({ name, version }: BundleHead['statement'], delta: Delta | undefined): Transfer['about'] {
  if (!delta) return [['Bundle', `${name} ${version}`]]
  const { base, needs } = delta.list
  const bytes = needs.reduce((sum, { size }) => sum + size, 0)
  return [
    ['Delta', `${name} ${version} against ${base.name} ${base.version}`],
    [
      'Left out',
      `${needs.length} blobs, ${bytes} bytes: ${base.name} ${base.version}, id sha256:${base.bundle}, has them`,
    ],
  ]
}

/** How it is checked without redoubt: each command has been tried by a test as it stands here. */
function checksOf(files: readonly string[], delta: Delta | undefined, bare: boolean): Transfer['checks'] {
  const [first = ''] = files.map(quote)
  const signed = (data: string, signature: string) =>
    `openssl pkeyutl -verify -pubin -inkey bundle.pub -rawin -in ${data} -sigfile ${signature}`
  // What is signed, and its signature: a delta may leave the executable out.
  const pairs = [
    [names.statement, names.statementSignature],
    ...(bare ? [] : [[names.executable, names.executableSignature]]),
    ...(delta ? [[deltaNames.list, deltaNames.listSignature]] : []),
    ...(files.length > 1 ? [[volumeNames.list, volumeNames.listSignature]] : []),
  ] as [string, string][]
  const redoubt = bare ? 'redoubt' : './redoubt'
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
      why: `It signed the statement, whose SHA-256 is the Id${bare ? '' : ', and the executable'}${delta ? ', and the list of what is left out' : ''}.`,
      commands: [
        `tar --occurrence=1 -xf ${first} ${pairs.flat().join(' ')}`,
        ...pairs.map(([data, signature]) => signed(data, signature)),
        `sha256sum ${names.statement}`,
      ],
    },
    { why: 'Then every byte of what is carried:', commands: [`${redoubt} bundle verify ${first} --key bundle.pub`] },
    ...(delta
      ? [
          {
            why: `Beside ${delta.list.base.name} ${delta.list.base.version} it becomes the whole bundle, checked to the byte:`,
            commands: [`${redoubt} bundle merge ${first} --base FILE --key bundle.pub`],
          },
        ]
      : []),
  ]
}

/** A word as a shell takes it. */
function quote(word: string): string {
  return /^[\w.+-]+$/.test(word) && !word.startsWith('-') ? word : `'./${word.replaceAll("'", `'\\''`)}'`
}
