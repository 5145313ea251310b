import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** `DIR/lab-0.1.0.tar` and 2 -> `DIR/lab-0.1.0.vol002.tar`. */
export function volumePath(bundle: string, number: number): string {
  const name = basename(bundle).replace(/\.tar$/, '')
  return join(dirname(bundle), `${name}.vol${String(number).padStart(3, '0')}.tar`)
}

/** What volumePath() made of: bundle's path and number; undefined for another name. */
export function volumeOf(path: string): { bundle: string; number: number } | undefined {
  const [, name = '', digits = ''] = /^(.+)\.vol(\d{3})\.tar$/.exec(basename(path)) ?? []
  return name && Number(digits) > 0 ? { bundle: join(dirname(path), `${name}.tar`), number: Number(digits) } : undefined
}

/** The volumes of a bundle that are there, in the order of their numbers. */
export async function volumesThere(bundle: string): Promise<string[]> {
  const there = await readdir(dirname(bundle)).catch(() => [])
  const numbers = there.flatMap((name) => {
    const volume = volumeOf(name)
    return volume && volumePath(bundle, volume.number) === join(dirname(bundle), name) ? [volume.number] : []
  })
  return numbers.sort((a, b) => a - b).map((number) => volumePath(bundle, number))
}
