// As much of JSON Schema (drafts 4, 7 and 2020-12) as our schema and the published ones use. A keyword that is not known here is an
// error, so that nothing in a schema is passed over in silence.
import { isDeepStrictEqual } from 'node:util'

export type Schema = { [keyword: string]: unknown }

/** Keywords for people, and formats, which OSCAL's patterns beside them say better. */
const silent = new Set('$schema $id id $comment title description default definitions $defs format'.split(' '))

/** Everything about `value` that the schema refuses, as `path: problem`. */
export function violations(root: Schema, value: unknown): string[] {
  const definitions = Object.values((root.definitions ?? {}) as Record<string, Schema>)
  const anchors = new Map(definitions.map((one) => [one.$id, one]))

  const find = (reference: string): Schema => {
    let found: unknown = anchors.get(reference)
    if (!found) {
      found = root
      for (const key of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) found = (found as Schema)[key]
    }
    if (typeof found !== 'object') throw new Error(`the schema has no ${reference}`)
    return found as Schema
  }

  const walk = (schema: Schema, value: unknown, path: string): string[] =>
    Object.entries(schema).flatMap(([keyword, rule]) => {
      if (silent.has(keyword)) return []
      const check = (ok: boolean) => (ok ? [] : [`${path}: ${keyword} ${JSON.stringify(rule)}`])
      switch (keyword) {
        case '$ref':
          return walk(find(rule as string), value, path)
        case 'type':
          return check([rule].flat().some((type) => isOf(type as string, value)))
        case 'enum':
          return check((rule as unknown[]).some((one) => isDeepStrictEqual(one, value)))
        case 'const':
          return check(isDeepStrictEqual(rule, value))
        case 'allOf':
          return (rule as Schema[]).flatMap((one) => walk(one, value, path))
        case 'anyOf':
          return check((rule as Schema[]).some((one) => walk(one, value, path).length === 0))
        case 'oneOf':
          return check((rule as Schema[]).filter((one) => walk(one, value, path).length === 0).length === 1)
        case 'not':
          return check(walk(rule as Schema, value, path).length > 0)
      }
      if (typeof value === 'string') return ofString(keyword, rule, value, check)
      if (typeof value === 'number') return ofNumber(keyword, rule, value, check)
      if (Array.isArray(value)) return ofList(keyword, rule, value, path, check, walk)
      if (typeof value === 'object' && value !== null)
        return ofObject(keyword, rule, value as Schema, path, schema, check, walk)
      return []
    })

  return walk(root, value, '$')
}

type Walk = (schema: Schema, value: unknown, path: string) => string[]
type Check = (ok: boolean) => string[]
const ofOthers = new Set(
  'pattern minLength minimum maximum items minItems uniqueItems properties required additionalProperties propertyNames maxProperties'.split(
    ' ',
  ),
)

function known(keyword: string): string[] {
  if (!ofOthers.has(keyword)) throw new Error(`the keyword ${keyword} is not known here`)
  return []
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'null') return value === null
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

function ofString(keyword: string, rule: unknown, value: string, check: Check): string[] {
  if (keyword === 'pattern') return check(new RegExp(rule as string, 'u').test(value))
  if (keyword === 'minLength') return check(value.length >= (rule as number))
  return known(keyword)
}

function ofNumber(keyword: string, rule: unknown, value: number, check: Check): string[] {
  if (keyword === 'minimum') return check(value >= (rule as number))
  if (keyword === 'maximum') return check(value <= (rule as number))
  return known(keyword)
}

function ofList(keyword: string, rule: unknown, value: unknown[], path: string, check: Check, walk: Walk): string[] {
  if (keyword === 'items') return value.flatMap((one, index) => walk(rule as Schema, one, `${path}[${index}]`))
  if (keyword === 'minItems') return check(value.length >= (rule as number))
  if (keyword === 'uniqueItems') return check(new Set(value.map((one) => JSON.stringify(one))).size === value.length)
  return known(keyword)
}

function ofObject(
  keyword: string,
  rule: unknown,
  value: Schema,
  path: string,
  schema: Schema,
  check: Check,
  walk: Walk,
): string[] {
  const own = (schema.properties ?? {}) as Record<string, Schema>
  switch (keyword) {
    case 'properties':
      return Object.entries(value).flatMap(([key, one]) => (own[key] ? walk(own[key], one, `${path}.${key}`) : []))
    case 'required':
      return (rule as string[]).filter((key) => !Object.hasOwn(value, key)).map((key) => `${path}: ${key} is missing`)
    case 'additionalProperties': {
      const others = Object.keys(value).filter((key) => !own[key])
      if (rule === false) return others.map((key) => `${path}: ${key} is not allowed`)
      return rule === true ? [] : others.flatMap((key) => walk(rule as Schema, value[key], `${path}.${key}`))
    }
    case 'propertyNames':
      return Object.keys(value).flatMap((key) => walk(rule as Schema, key, `${path} key`))
    case 'maxProperties':
      return check(Object.keys(value).length <= (rule as number))
  }
  return known(keyword)
}
