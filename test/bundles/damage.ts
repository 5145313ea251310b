// How tests damage what they have written.
import * as assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

export type Change = (data: Buffer) => Buffer

/** Flips a bit of the bytes at these places; one below zero counts from the end. */
export function flip(...places: number[]): Change {
  return (data) => {
    for (const place of places) {
      const at = place < 0 ? data.length + place : place
      data[at] = (data[at] ?? 0) ^ 1
    }
    return data
  }
}

/** Changes a file where it is. */
export function edit(path: string | undefined, change: Change): void {
  assert.ok(path)
  writeFileSync(path, change(readFileSync(path)))
}

/** The same files in a new folder, to be damaged there. */
export function copiesIn(folder: string, files: readonly string[]): string[] {
  mkdirSync(folder)
  return files.map((path) => {
    copyFileSync(path, join(folder, basename(path)))
    return join(folder, basename(path))
  })
}
