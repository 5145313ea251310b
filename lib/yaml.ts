import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  stringify,
  visit,
} from 'yaml'
import { fail, messageOf } from './errors.ts'
import { inBrief } from './plain.ts'

/** A parsed file that can say where each value stands. */
export interface YamlFile {
  value: unknown
  /** `FILE:LINE:COLUMN` of the value at `path` (object keys and array indexes), or of its nearest parent. */
  where(path: readonly (string | number)[]): string
}

/** What is wrong with a document, and at which offset. */
interface Problem {
  message: string
  pos: readonly [number, ...number[]]
}

/**
 * Reads one YAML 1.2 document. Duplicate keys, several documents, tags, alias bombs (over 100 expansions), deep nesting, and keys
 * that every JavaScript object has (a schema would overlook them) are refused. Throws `usage` at file:line:column.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true, prettyErrors: false })
  const problem = document.errors[0] ?? document.warnings[0] ?? tooDeep(document) ?? inheritedKey(document)
  if (problem)
    fail('usage', inWords(problem.message), {
      where: place(lines, file, problem.pos[0]),
      hint: 'Mend the YAML here, then run again.',
    })
  return {
    value: toValue(document, file),
    where: (path) => position(document, lines, file, path),
  }
}

/** Reads a stream of YAML documents (manifests); empty ones are left out. Throws `usage` at file:line:column. */
export function parseYamlStream(text: string, file: string): unknown[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, strict: true, uniqueKeys: true, prettyErrors: false })
  return [...documents].flatMap((document) => {
    const problem = document.errors[0] ?? tooDeep(document)
    if (problem) fail('usage', inWords(problem.message), { where: place(lines, file, problem.pos[0]) })
    const value = toValue(document, file)
    return value === null ? [] : [value]
  })
}

/** A document of a stream, unparsed, and the line of the file that it begins on (from 1). */
export interface Chunk {
  text: string
  line: number
}

/** Cuts a stream of documents at its `---` lines (YAML 1.2.2 section 9.2), without parsing it; empty ones are left out. */
export function* splitDocuments(text: string): Generator<Chunk> {
  let start = 0
  let line = 1
  for (const match of [...text.matchAll(/^---(?=\s|$)/gm), undefined]) {
    const end = match?.index ?? text.length
    const lines = text.slice(start, end).split('\n')
    if (lines.some((each) => !nothing.test(each))) yield { text: text.slice(start, end), line }
    line += lines.length - 1
    start = end
  }
}

/** A line without content: empty, a comment, a directive, the mark of a document. */
const nothing = /^\s*(#.*)?$|^%|^\.\.\.\s*$|^---\s*(#.*)?$/

/** Bytes of the largest document that is read: no API server takes an object of more than 3 MB, and a List holds several. */
const foreignLimit = 8 << 20

/**
 * Reads one document that somebody else wrote for Kubernetes, as it reads it: of a key that stands twice the last holds. Alias bombs and
 * deep nesting are refused. Throws `usage` at file:line:column.
 */
export function parseForeign(chunk: Chunk, file: string): YamlFile {
  const lines = new LineCounter()
  const shift = (where: string) =>
    where.replace(/:(\d+):(\d+)$/, (_, at, column) => `:${Number(at) + chunk.line - 1}:${column}`)
  if (chunk.text.length > foreignLimit)
    fail('usage', `holds a document of more than ${foreignLimit} bytes, which no API server takes`, {
      where: `${file}:${chunk.line}:1`,
    })
  const document = parseDocument(chunk.text, {
    lineCounter: lines,
    strict: true,
    uniqueKeys: false,
    prettyErrors: false,
  })
  const problem = document.errors[0] ?? tooDeep(document)
  if (problem) fail('usage', inWords(problem.message), { where: shift(place(lines, file, problem.pos[0])) })
  return { value: toValue(document, file), where: (path) => shift(position(document, lines, file, path)) }
}

/** Writes YAML that a YAML 1.1 reader understands the same way (`on`, `y`, `12:30:45` get quotes); no line folding. */
export function writeYaml(value: unknown): string {
  return stringify(value, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false })
}

/** Writes a stream of documents, each led by `---`. */
export function writeYamlStream(values: readonly unknown[]): string {
  return values.map((value) => `---\n${writeYaml(value)}`).join('')
}

/** The parser itself ends at some depth, which depends on the stack; what it lets through is measured. */
const deep = 'is nested too deeply'

function inWords(message: string): string {
  return /call stack/.test(message) ? deep : inBrief(message)
}

function tooDeep(document: Document): Problem | undefined {
  let found: Problem | undefined
  visit(document, (_, node, path) => {
    if (path.length <= 200) return undefined
    found = { message: deep, pos: isNode(node) && node.range ? node.range : [0] }
    return visit.BREAK
  })
  return found
}

function inheritedKey(document: Document): Problem | undefined {
  let found: Problem | undefined
  visit(document, {
    Pair: (_, { key }) => {
      const name = isScalar(key) ? String(key.value) : undefined
      if (name !== undefined && name !== 'prototype' && !(name in {})) return undefined
      const message = name === undefined ? 'a key must be plain text' : `${name} cannot be a key here`
      found = { message, pos: isNode(key) && key.range ? key.range : [0] }
      return visit.BREAK
    },
  })
  return found
}

/** The value of a document without syntax errors. Throws `usage` for what cannot be one: alias bombs, unknown aliases. */
function toValue(document: Pick<Document, 'toJS'>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return fail('usage', `cannot be read: ${messageOf(error)}`, {
      where: file,
      hint: 'Write values out where they are needed, without YAML anchors and aliases.',
      cause: error,
    })
  }
}

function position(document: Document, lines: LineCounter, file: string, path: readonly (string | number)[]): string {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const key of path) {
    let next: unknown
    if (isMap(node)) {
      const pair = node.items.find((item) => isNode(item.key) && String(item.key) === String(key))
      if (!isPair(pair)) break
      if (isNode(pair.key) && pair.key.range) offset = pair.key.range[0]
      next = pair.value
    } else if (isSeq(node)) {
      next = node.items[Number(key)]
      if (isNode(next) && next.range) offset = next.range[0]
    }
    if (next === undefined) break
    node = next
  }
  return place(lines, file, offset)
}

function place(lines: LineCounter, file: string, offset: number): string {
  const at = lines.linePos(offset)
  return `${file}:${at.line}:${at.col}`
}
