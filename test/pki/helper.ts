import * as assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type ClusterSpec, type LoadedSpec, parseSpec } from '../../cluster/spec.ts'
import { listFiles } from '../../lib/files.ts'
import { sha256 } from '../../lib/hash.ts'
import { checkFiles } from '../../pki/check.ts'
import { initPki } from '../../pki/init.ts'
import type { Ledger } from '../../pki/ledger.ts'

export const now = new Date('2026-12-01T10:00:00Z')

/** A spec of so many nodes; `extra` are further lines below `spec:`. */
export function specOf(controlPlanes: number, workers: number, extra = ''): LoadedSpec {
  const node = (name: string, role: string, address: string) =>
    `    - {name: ${name}, role: ${role}, address: ${address}}`
  const nodes = [
    ...Array.from({ length: controlPlanes }, (_, index) =>
      node(`cp${index + 1}`, 'control-plane', `10.77.0.${11 + index}`),
    ),
    ...Array.from({ length: workers }, (_, index) => node(`w${index + 1}`, 'worker', `10.77.1.${11 + index}`)),
  ]
  const text = [
    'apiVersion: redoubt.dev/v1alpha1',
    'kind: Cluster',
    'metadata: {name: lab}',
    'spec:',
    '  kubernetes: v1.36.3',
    '  nodes:',
    ...nodes,
    extra,
  ].join('\n')
  return parseSpec(text, 'redoubt.yaml')
}

/** Runs `work` with a path for `keys/` in a folder of its own, which is gone afterwards. */
export async function withKeys<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const parent = mkdtempSync(join(tmpdir(), 'redoubt-pki-'))
  try {
    return await work(join(parent, 'keys'))
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
}

const made = new Map<string, string>()

/** As withKeys, with a PKI of the spec in it: made once in a process, then copied. */
export function withPki<T>(spec: LoadedSpec, work: (folder: string) => Promise<T>): Promise<T> {
  return withKeys(async (folder) => {
    const name = JSON.stringify(spec)
    const model = made.get(name) ?? mkdtempSync(join(tmpdir(), 'redoubt-pki-'))
    if (!made.has(name)) {
      process.once('exit', () => rmSync(model, { recursive: true, force: true }))
      await initPki({ spec, folder: model, now })
      made.set(name, model)
    }
    for (const file of await listFiles(model)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true, mode: 0o700 })
      copyFileSync(join(model, file), join(folder, file))
    }
    return work(folder)
  })
}

/** Permission bits, octal. */
export function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

/** Ids of the certificates in a folder. */
export async function certificateIds(folder: string): Promise<string[]> {
  return (await listFiles(folder)).filter((name) => name.endsWith('.crt')).map((name) => name.slice(0, -4))
}

/** So many days after `now`. */
export const days = (count: number) => new Date(now.getTime() + count * 86_400_000)
/** One control plane. */
export const small = specOf(1, 0)
/** Writes without the sync to disk of the real one: faster. */
export const write = (path: string, data: string | Uint8Array, mode: number) => writeFile(path, data, { mode })
export const init = (folder: string, spec: ClusterSpec = small, at = now) => initPki({ spec, folder, now: at, write })
export const ledgerOf = (folder: string): Ledger => JSON.parse(readFileSync(join(folder, 'ledger.json'), 'utf8'))
export const issuedIds = (result: { issued: { id: string }[] }) => result.issued.map(({ id }) => id)

/** Hashes of all files: a failing test prints no key. */
export async function snapshot(folder: string): Promise<Record<string, string>> {
  const names = await listFiles(folder)
  return Object.fromEntries(names.map((name) => [name, sha256(readFileSync(join(folder, name)))]))
}

/** `keys/` is complete and without fault. */
export async function assertSound(folder: string, spec: ClusterSpec = small, at = now): Promise<void> {
  assert.deepEqual((await checkFiles(spec, folder, at)).findings, [])
}
