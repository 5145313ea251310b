import type * as v from 'valibot'
import { inBrief } from '../lib/plain.ts'

type Issue = v.BaseIssue<unknown>

/**
 * What a schema refuses first, for people: the keys that lead there, and `spec.audit.maxAge: expected a number, found "x"`. Of a name
 * gone wrong, which is an unknown field and a missing one, the unknown: what stands in the file says more than what does not.
 */
export function explain(
  schema: unknown,
  issues: readonly [Issue, ...Issue[]],
): { path: (string | number)[]; text: string } {
  const issue = issues.find(isUnknown) ?? issues[0]
  const path = (issue.path ?? []).map((item) => item.key as string | number)
  return { path, text: `${inBrief(path.join('.')) || 'the file'}: ${reason(schema, issue)}` }
}

function isUnknown(issue: Issue): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never'
}

function reason(schema: unknown, issue: Issue): string {
  if (isUnknown(issue)) {
    const keys = siblings(schema, issue)
    return `unknown field${keys ? `; known here: ${keys}` : ''}`
  }
  if (issue.received === 'undefined') return 'missing'
  // The schema's own words stay; those of the library are for programmers.
  if (!issue.message.startsWith('Invalid ')) return issue.message
  return `expected ${plain(issue.expected ?? issue.type)}, found ${inBrief(plain(issue.received))}`
}

/** What valibot calls a type, as people who write YAML say it. */
const words: Record<string, string> = {
  Object: 'fields',
  Array: 'a list',
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'nothing',
}

/** `("a" | "b")` as `"a" or "b"`, `>=30` as `at least 30`. */
function plain(text: string): string {
  if (text.startsWith('"')) return text
  return text
    .replaceAll(/[()]/g, '')
    .split(' | ')
    .map((one) => words[one] ?? one.replace(/^>=/, 'at least ').replace(/^<=/, 'at most '))
    .join(' or ')
}

/** The fields that are known where an unknown one stands. */
function siblings(whole: unknown, issue: Issue): string {
  let schema = whole
  for (const item of (issue.path ?? []).slice(0, -1)) {
    schema = unwrap(schema)
    if (typeof schema !== 'object' || schema === null) return ''
    if ('entries' in schema) schema = (schema.entries as Record<string, unknown>)[String(item.key)]
    else if ('item' in schema) schema = schema.item
  }
  schema = unwrap(schema)
  return typeof schema === 'object' && schema !== null && 'entries' in schema
    ? Object.keys(schema.entries as object).join(', ')
    : ''
}

function unwrap(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if ('wrapped' in schema) return unwrap(schema.wrapped)
  if ('pipe' in schema) {
    const { pipe, ...rest } = schema as { pipe: object[] }
    return pipe.findLast((step) => 'entries' in step) ?? rest
  }
  return schema
}
