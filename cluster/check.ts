import * as v from 'valibot'
import { fail } from '../lib/errors.ts'
import type { YamlFile } from '../lib/yaml.ts'
import { explain } from './explain.ts'

/** A file's value, checked. Throws `usage` at file:line:column with `hint` for the first thing that the schema refuses. */
export function checkFile<T>(schema: v.GenericSchema<unknown, T>, yaml: YamlFile, hint: string): T {
  const result = v.safeParse(schema, yaml.value)
  if (result.success) return result.output
  const { path, text } = explain(schema, result.issues)
  return fail('usage', text, { where: yaml.where(path), hint })
}
