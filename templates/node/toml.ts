/** What a key may hold. */
export type Value = string | number | boolean | readonly string[] | { [key: string]: Value }

/** Writes TOML 1.0 (https://toml.io/en/v1.0.0): scalars of a table first, then its tables, in the order given. */
export function writeToml(root: Record<string, Value>): string {
  return table([], root).join('\n').trimStart().concat('\n')
}

function table(path: readonly string[], values: Record<string, Value>): string[] {
  const entries = Object.entries(values)
  const scalars = entries
    .filter(([, value]) => !isTable(value))
    .map(([key, value]) => `${name(key)} = ${scalar(value)}`)
  const header = path.length > 0 && scalars.length > 0 ? ['', `[${path.map(name).join('.')}]`] : []
  const tables = entries.flatMap(([key, value]) => (isTable(value) ? table([...path, key], value) : []))
  return [...header, ...scalars, ...tables]
}

function isTable(value: Value): value is { [key: string]: Value } {
  return typeof value === 'object' && !Array.isArray(value)
}

function scalar(value: Value): string {
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return `[${value.map(quote).join(', ')}]`
  return String(value)
}

function name(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : quote(key)
}

/** JSON's escapes are those of a TOML basic string, but for DEL. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\x7f', '\\u007F')
}
