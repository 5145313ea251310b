import * as v from 'valibot'
import { fail } from '../lib/errors.ts'
import type { YamlFile } from '../lib/yaml.ts'

/** A file's value, checked. Throws `usage` at file:line:column with `hint` for the first thing that the schema refuses. */
export function checkFile<T>(schema: v.GenericSchema<unknown, T>, yaml: YamlFile, hint: string): T {
  const result = v.safeParse(schema, yaml.value)
  if (result.success) return result.output
  const issue = result.issues[0]
  const keys = (issue.path ?? []).map((item) => item.key as string | number)
  return fail('usage', `${keys.join('.')}: ${issue.message}`, { where: yaml.where(keys), hint })
}
