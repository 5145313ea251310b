import { fail } from '../../lib/errors.ts'

/** A node's answer: lines by section name. */
export type Sections = Map<string, string[]>

/**
 * Reads `= NAME` headings, each followed by its lines led by `|`, and the closing `end`. Throws `failed` naming the node when
 * anything else is in it: a node's answer is as hostile as any input.
 */
export function readSections(text: string, node: string): Sections {
  const lines = text.replace(/\n$/, '').split('\n')
  const sections: Sections = new Map()
  let current: string[] | undefined
  let ended = false
  for (const line of lines) {
    if (ended) return nonsense(line, node)
    if (line === 'end') ended = true
    else if (/^= [a-z]+$/.test(line)) {
      if (sections.has(line.slice(2))) return nonsense(line, node)
      current = []
      sections.set(line.slice(2), current)
    } else if (line.startsWith('|') && current) current.push(line.slice(1))
    else return nonsense(line, node)
  }
  if (!ended)
    return fail('failed', 'its answer was cut off', {
      where: `node ${node}`,
      hint: 'Run again; look at its disk and load.',
    })
  return sections
}

/** The one line of a section. Throws `failed` when it has none or several. */
export function sectionLine(sections: Sections, name: string, node: string): string {
  const lines = sections.get(name) ?? []
  return lines.length === 1 && lines[0] !== undefined ? lines[0] : nonsense(`${lines.length} lines of ${name}`, node)
}

/** Throws `failed`: this line of a node's answer is none that was asked for. */
export function nonsense(line: string, node: string): never {
  const shown = JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}...` : line)
  return fail('failed', `gave an answer that makes no sense: ${shown}`, {
    where: `node ${node}`,
    hint: 'See that its shell prints nothing of its own when one logs in by ssh.',
  })
}
