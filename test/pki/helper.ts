import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LoadedSpec, parseSpec } from '../../cluster/spec.ts'
import { listFiles } from '../../lib/files.ts'

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

/** Permission bits, octal. */
export function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

/** Ids of the certificates in a folder. */
export async function certificateIds(folder: string): Promise<string[]> {
  return (await listFiles(folder)).filter((name) => name.endsWith('.crt')).map((name) => name.slice(0, -4))
}
