// Nodes as the probe script describes them, made from the golden trees.
import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseTree, type Tree } from '../../../cluster/files.ts'
import { type Lock, parseLock } from '../../../cluster/lock.ts'
import type { NodeModel } from '../../../cluster/model.ts'
import { type NodePlan, planNode } from '../../../scripts/apply/plan/plan.ts'
import { readState, treeUnits } from '../../../scripts/apply/plan/probe.ts'

const test = fileURLToPath(new URL('../..', import.meta.url))
export const cluster = 'lab 0123abcd'

export interface Fixture {
  node: NodeModel
  tree: Tree
  text: string
  lock: Lock
}

export function fixture(name: 'cp1' | 'w1'): Fixture {
  const text = readFileSync(join(test, 'templates/golden', name, 'tree.json'), 'utf8')
  const lockPath = join(test, 'fixtures/redoubt.lock.yaml')
  const node = {
    name,
    role: name === 'cp1' ? 'control-plane' : 'worker',
    address: name === 'cp1' ? '10.0.0.11' : '10.0.0.12',
    podCIDR: '10.244.0.0/24',
    host: {} as NodeModel['host'],
  } as const
  return { node, tree: parseTree(text, 'tree.json'), text, lock: parseLock(readFileSync(lockPath, 'utf8'), lockPath) }
}

/** The answer of a node that has nothing yet. */
export function emptyAnswer({ tree, lock }: Fixture): string {
  return [
    '= packages',
    ...lock.packages.map((entry) => `|${entry.name} missing`),
    '= users',
    ...tree.users.map(({ name }) => `|${name} - - - -`),
    '= whole',
    ...tree.folders.filter((entry) => entry.whole).map((entry) => `|0 ${entry.path}`),
    '= files',
    '= sums',
    '= units',
    ...treeUnits(tree).map((unit) => `|${unit} inactive `),
    '= images\n= tree\n= pending\n= cluster\n= bootstrapped\n= etcd\n= rollback\nend\n',
  ].join('\n')
}

/** The answer of a node on which everything is as it should be. */
export function doneAnswer({ tree, text, lock, node }: Fixture): string {
  const raw = (type: number, mode: string) => (type | Number.parseInt(mode, 8)).toString(16)
  return [
    '= packages',
    ...lock.packages.map((entry) => `|${entry.name} installed`),
    '= users',
    ...tree.users.map(({ name, uid, gid }) => `|${name} ${uid}:${gid} ${name} ${gid} ${name}`),
    '= whole',
    ...tree.folders.filter((entry) => entry.whole).map((entry) => `|0 ${entry.path}`),
    '= files',
    ...tree.folders.map((entry) => `|${raw(0o040000, entry.mode)} ${ownersOf(entry.owner)} ${entry.path}`),
    ...tree.files.map((entry) => `|${raw(0o100000, entry.mode)} ${ownersOf(entry.owner)} ${entry.path}`),
    '= sums',
    ...tree.files.map((entry) => `|${entry.sha256}  ${entry.path}`),
    '= units',
    ...treeUnits(tree).map((unit) => `|${unit} active enabled`),
    '= images',
    '|REF TYPE DIGEST SIZE PLATFORMS LABELS',
    ...tree.images.map(
      (image) => `|${image} application/vnd.oci ${image.split('@')[1]} 1.0 MiB linux/amd64 io.cri=managed`,
    ),
    '= tree',
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `|${line}`),
    '= pending',
    '= cluster',
    `|${cluster}`,
    '= bootstrapped',
    ...(node.role === 'control-plane' ? ['|2026-11-21T08:34:30Z'] : []),
    '= etcd',
    ...(node.role === 'control-plane' ? ['|yes'] : []),
    '= rollback',
    'end',
    '',
  ].join('\n')
}

/** An owner by name and in numbers. */
function ownersOf(owner: string): string {
  return owner === 'root:root' ? 'root:root 0:0' : `etcd:etcd ${owner}`
}

/** The plan of a node that gives this answer. */
export function planOf(given: Fixture, answer: string): NodePlan {
  const { node, tree, text, lock } = given
  return planNode(node, tree, text, readState(answer, node.name, tree), lock.packages, cluster)
}

/** Replaces in a node's answer, and fails when there is nothing to replace. */
export function edit(answer: string, from: string | RegExp, to: string): string {
  const changed = answer.replace(from, to)
  assert.notEqual(changed, answer, `nothing like ${from} in the answer`)
  return changed
}
