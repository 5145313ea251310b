import * as v from 'valibot'
import { fail } from '../../lib/errors.ts'

export const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
/** Bytes: what a double holds exactly. */
export const integer = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const size = integer
const part = v.strictObject({ size, sha256: hex })

const statementSchema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('BundleStatement'),
  /** Cluster name and bundle version, as redoubt.yaml says. */
  name: v.string(),
  version: v.string(),
  /** `redoubt 0.1.0`: what wrote the bundle. */
  tool: v.string(),
  executable: part,
  executableSignature: part,
  contents: part,
  lock: part,
})

/** What the signature vouches for: the leading entries by digest; `contents` vouches for all that follow. */
export type Statement = v.InferOutput<typeof statementSchema>

const contentsSchema = v.strictObject({
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('BundleContents'),
  /** Every entry behind contents.json, in their order. `offset`: of the first byte of content, in bytes from the file's start. */
  entries: v.array(v.strictObject({ path: v.string(), offset: size, size, sha256: hex })),
})

export type Contents = v.InferOutput<typeof contentsSchema>
export type ContentsEntry = Contents['entries'][number]

/** The one way to write a statement or contents: keys in the schema's order, no spaces, a newline at the end. */
export function writeStatement(statement: Statement): Buffer {
  return Buffer.from(`${JSON.stringify(v.parse(statementSchema, statement))}\n`)
}

/** As writeStatement; an entry a line, so that it can be read and searched with plain tools. */
export function writeContents(entries: readonly ContentsEntry[]): Buffer {
  const lines = entries.map((entry) => JSON.stringify(entry)).join(',\n')
  return Buffer.from(`{"apiVersion":"redoubt.dev/v1alpha1","kind":"BundleContents","entries":[\n${lines}\n]}\n`)
}

/** Reads a statement whose signature was checked. Throws `integrity` when it is not of this version's form. */
export function parseStatement(data: Buffer, where: string): Statement {
  return parseSigned(statementSchema, data, where)
}

/** Reads contents whose digest was checked. Throws `integrity` when they are not of this version's form. */
export function parseContents(data: Buffer, where: string): Contents {
  return parseSigned(contentsSchema, data, where)
}

/** Reads JSON that a signature vouches for. Throws `integrity` naming the first field that is not as the schema says. */
export function parseSigned<T>(schema: v.GenericSchema<unknown, T>, data: Buffer, where: string): T {
  let value: unknown
  try {
    value = JSON.parse(data.toString('utf8'))
  } catch {
    return fail('integrity', 'is no JSON', { where })
  }
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const issue = result.issues[0]
  const keys = (issue.path ?? []).map((item) => String(item.key)).join('.')
  return fail('integrity', `${keys}: ${issue.message}`, {
    where,
    hint: 'The bundle was made by another version of redoubt; use the executable that it carries.',
  })
}
