import type { Fields } from '../../../templates/control.ts'
import { type Check, check } from '../probe.ts'
import type { NodeView } from './view.ts'

/**
 * The scalars of the tables of a TOML file, by dotted path and without quotes: what `containerd config dump` prints and what we render.
 * Tables whose names have quotes are left out.
 */
export function tomlScalars(text: string): Map<string, string> {
  const found = new Map<string, string>()
  let table: string | undefined = ''
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line.startsWith('[')) table = /^\[([\w.-]+)\]$/.exec(line)?.[1]
    const [, key, , quoted, bare] = /^([\w-]+) = (?:(['"])(.*)\2|([\w.+-]+))$/.exec(line) ?? []
    const value = quoted ?? bare
    if (key && value !== undefined && table !== undefined) found.set(table === '' ? key : `${table}.${key}`, value)
  }
  return found
}

/** Whether containerd's files, merged with every drop-in, say what a control sets. What is not said is zero or empty. */
export function judgeContainerd({ where, containerd }: NodeView, sets: Fields): Check[] {
  return Object.entries(sets).map(([path, wanted]) => {
    const [sent, expected] = [`${path} of containerd`, wanted === '' ? 'empty' : String(wanted)]
    if ('unknown' in containerd) return check('unknown', where, sent, expected, containerd.unknown)
    const seen = containerd.config.get(path)
    const holds = seen === undefined ? wanted === '' || wanted === 0 : seen === String(wanted)
    return check(holds ? 'pass' : 'fail', where, sent, expected, seen || 'empty')
  })
}
