import type { KeyObject } from 'node:crypto'
import { type Lock, loadLock } from '../cluster/lock.ts'
import { readAnyHead } from './delta/open.ts'
import { compareLocks, type Difference, short } from './lock-diff.ts'
import { describeContents } from './read/describe.ts'
import type { BundleHead } from './read.ts'

/** What is compared: a bundle, the one that a delta makes, or only what a lock says of one. */
export interface Side {
  path: string
  lock: Lock
  /** Undefined: a lock. */
  head: BundleHead | undefined
}

interface BundleDiff {
  differences: (Difference & { change: 'added' | 'removed' | 'changed' })[]
  /** What the second has and the first lacks, executable included. Undefined beside a lock: it does not pin the layers of redoubt's own images. */
  blobs: { count: number; size: number } | undefined
}

/** Reads one side: a lock when its name ends in `.yaml`, else a head, of which volumes may be missing. Throws as readAnyHead and loadLock. */
export async function readSide(path: string, key: KeyObject | undefined): Promise<Side> {
  if (/\.ya?ml$/.test(path)) return { path, lock: await loadLock(path), head: undefined }
  const { head, close } = await readAnyHead(path, key, true)
  await close()
  return { path, lock: head.lock, head }
}

/** What is other in `after`: first the executable, then in the order of the lock. */
export function diffBundles(before: Side, after: Side): BundleDiff {
  const differences = [...compareExecutables(before, after), ...compareLocks(before.lock, after.lock)]
  return {
    differences: differences.map((entry) => ({
      ...entry,
      change: entry.before === '-' ? 'added' : entry.after === '-' ? 'removed' : 'changed',
    })),
    blobs: before.head && after.head ? blobsAdded(before.head, after.head) : undefined,
  }
}

function compareExecutables({ head: before }: Side, { head: after }: Side): Difference[] {
  if (!before || !after || before.statement.executable.sha256 === after.statement.executable.sha256) return []
  const said = (head: BundleHead) => {
    const [executable] = describeContents(head)
    return `${executable?.version} (${short(executable?.digest)})`
  }
  return [{ kind: 'executable', what: 'redoubt', before: said(before), after: said(after) }]
}

function blobsAdded(before: BundleHead, after: BundleHead): { count: number; size: number } {
  const there = blobsOf(before)
  const added = [...blobsOf(after)].filter(([digest]) => !there.has(digest))
  return { count: added.length, size: added.reduce((sum, [, size]) => sum + size, 0) }
}

/** What a bundle holds of which the name is its digest: SHA-256 (hex) and bytes; the executable first. */
export function blobsOf({ statement, contents }: BundleHead): Map<string, number> {
  const blobs = contents.filter(({ path }) => path.startsWith('blobs/'))
  return new Map([statement.executable, ...blobs].map(({ sha256, size }) => [sha256, size]))
}
