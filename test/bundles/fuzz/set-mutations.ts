// Damage to a set of files: which is where.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { type Dice, diceOf, fileMutations } from './mutations.ts'

/** Files by their names. */
export type Files = Map<string, Buffer>

export function readAll(paths: readonly string[]): Files {
  return new Map(paths.map((path) => [basename(path), readFileSync(path)]))
}

export function same(a: Files, b: Files): boolean {
  return a.size === b.size && [...a].every(([name, data]) => b.get(name)?.equals(data) === true)
}

export function pick(files: Files, dice: Dice): string {
  return [...files.keys()][dice(files.size)] as string
}

/** Damage to a set of volumes; `others`: a set of another bundle, under the same names. */
export function setMutationsWith(others: Files): { name: string; change: (files: Files, dice: Dice) => void }[] {
  return [
    { name: 'missing', change: (files, dice) => void files.delete(pick(files, dice)) },
    {
      name: 'swapped',
      change: (files, dice) => {
        const [a, b] = [pick(files, dice), pick(files, dice)]
        const [first, second] = [files.get(a), files.get(b)]
        if (first && second) files.set(a, second).set(b, first)
      },
    },
    {
      name: 'doubled',
      change: (files, dice) => void files.set(pick(files, dice), Buffer.from(files.get(pick(files, dice)) ?? '')),
    },
    {
      name: 'of another bundle',
      change: (files, dice) => {
        const name = pick(files, dice)
        files.set(name, Buffer.from(others.get(name) ?? ''))
      },
    },
    {
      name: 'one too many',
      change: (files, dice) => {
        const surplus = pick(files, dice).replace(/vol\d+/, 'vol009')
        files.set(surplus, Buffer.from(files.get(pick(files, dice)) ?? ''))
      },
    },
  ]
}

/** What mutation N is of a file, or of its volumes: its name, the files after it, and as they were. */
export function mutatorOf(whole: Files, volumes: Files, setMutations: ReturnType<typeof setMutationsWith>) {
  return (seed: number): { name: string; files: Files; good: Files } => {
    const dice = diceOf(seed)
    const good = seed % 2 === 0 ? whole : volumes
    const files: Files = new Map([...good].map(([name, data]) => [name, Buffer.from(data)]))
    if (good === volumes && dice(8) === 0) {
      const mutation = setMutations[dice(setMutations.length)]
      mutation?.change(files, dice)
      return { name: `volume ${mutation?.name}`, files, good }
    }
    const mutation = fileMutations[dice(fileMutations.length)]
    const target = pick(files, dice)
    files.set(target, Buffer.from(mutation?.change(files.get(target) ?? Buffer.alloc(0), dice) ?? ''))
    return { name: `${target}: ${mutation?.name}`, files, good }
  }
}
