import * as v from 'valibot'
import { fail } from '../../lib/errors.ts'
import { parseJson } from '../../lib/json.ts'
import { inBrief, isPlain } from '../../lib/plain.ts'
import { blobPath, leadingNames } from './names.ts'

export const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
/** Bytes: what a double holds exactly. */
export const integer = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const size = integer
const part = v.strictObject({ size, sha256: hex })

/** A time to the second, as ISO 8601 in UTC: `2026-01-31T12:00:00Z`. */
const time = v.pipe(v.string(), v.check(isTime, 'expected a time like 2026-01-31T12:00:00Z'))
/** Text that people are shown before they know whose it is. */
export const plain = v.pipe(v.string(), v.check(isPlain, 'holds a control character'))
/** Who built a bundle, in their own words. */
const builder = v.pipe(plain, v.minLength(1), v.maxLength(128))

const common = {
  kind: v.literal('BundleStatement'),
  /** Cluster name and bundle version, as redoubt.yaml says. */
  name: plain,
  version: plain,
  /** `redoubt 0.1.0`: what wrote the bundle. */
  tool: plain,
  executable: part,
  executableSignature: part,
  contents: part,
  lock: part,
}
const schemas = {
  'redoubt.dev/v1alpha1': v.strictObject({ apiVersion: v.literal('redoubt.dev/v1alpha1'), ...common }),
  'redoubt.dev/v1alpha2': v.strictObject({
    apiVersion: v.literal('redoubt.dev/v1alpha2'),
    ...common,
    /** SHA-256 of the public key's DER, hex. */
    signer: hex,
    /** Only what the builder asked for: without them two builds are the same bytes, whoever makes them and when. */
    builder: v.optional(builder),
    built: v.optional(time),
  }),
} as const

/** What the signature vouches for: the leading entries by digest; `contents` vouches for all that follow. */
export type WrittenStatement = v.InferOutput<(typeof schemas)['redoubt.dev/v1alpha2']>
/** As it was read: of the first version it says neither who nor when. */
export interface Statement extends Omit<WrittenStatement, 'apiVersion' | 'signer'> {
  apiVersion: keyof typeof schemas
  signer?: string
}

/** Whether a text is a time as a statement has it, and one that there is. */
export function isTime(text: string): boolean {
  const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? new Date(text) : undefined
  return date !== undefined && !Number.isNaN(date.getTime()) && isoTime(date) === text
}

/** A date as a statement has it: without parts of a second. */
export function isoTime(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

const contentsSchema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('BundleContents'),
  /** Every entry behind contents.json, in their order. `offset`: of the first byte of content, in bytes from the file's start. */
  entries: v.array(v.strictObject({ path: plain, offset: size, size, sha256: hex })),
})

type Contents = v.InferOutput<typeof contentsSchema>
export type ContentsEntry = Contents['entries'][number]

/** The one way to write a statement: keys in the schema's order, no spaces, a newline at the end. */
export function writeStatement(statement: WrittenStatement): Buffer {
  return Buffer.from(`${JSON.stringify(v.parse(schemas['redoubt.dev/v1alpha2'], statement))}\n`)
}

/** As writeStatement; an entry a line, so that it can be read and searched with plain tools. */
export function writeContents(entries: readonly ContentsEntry[]): Buffer {
  const lines = entries.map((entry) => JSON.stringify(entry)).join(',\n')
  return Buffer.from(`{"apiVersion":"redoubt.dev/v1alpha1","kind":"BundleContents","entries":[\n${lines}\n]}\n`)
}

/** Reads a statement whose signature was checked, of this version or the one before. Throws `integrity` for any other form. */
export function parseStatement(data: Buffer, where: string): Statement {
  return parseSigned(v.variant('apiVersion', Object.values(schemas)), data, where)
}

/**
 * Reads contents whose digest was checked. Throws `integrity` when they are not of this version's form, name an entry twice (what is unpacked
 * later would stand in the place of what came before), or a blob by another digest than its own.
 */
export function parseContents(data: Buffer, where: string): Contents {
  const contents = parseSigned(contentsSchema, data, where)
  const seen = new Set<string>(leadingNames)
  for (const { path, sha256 } of contents.entries) {
    if (seen.has(path)) fail('integrity', `names ${path} twice`, { where })
    seen.add(path)
    if (path.startsWith('blobs/') && path !== blobPath(`sha256:${sha256}`))
      fail('integrity', `names ${path}, whose bytes have the digest sha256:${sha256}`, { where })
  }
  return contents
}

/** Reads JSON that a signature vouches for. Throws `integrity` naming the first field that is not as the schema says. */
export function parseSigned<T>(schema: v.GenericSchema<unknown, T>, data: Buffer, where: string): T {
  const value = parseJson(data)
  if (value === undefined) return fail('integrity', 'is no JSON', { where })
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const issue = result.issues[0]
  const keys = (issue.path ?? []).map((item) => String(item.key)).join('.')
  return fail('integrity', inBrief(`${keys}: ${issue.message}`), {
    where,
    hint: 'The bundle was made by another version of redoubt; use the executable that it carries.',
  })
}
