import { cisRows } from './cis.ts'
import { claimRows } from './claims.ts'
import { nsaRows } from './nsa.ts'
import { stigRows } from './stig.ts'

/** What we answer to, and its name for people. */
export const benchmarks = {
  cis: 'CIS Kubernetes Benchmark v2.0.1',
  stig: 'DISA Kubernetes STIG V2R6',
  nsa: 'NSA/CISA Kubernetes Hardening Guide v1.2',
  claims: 'Zero-trust claims',
} as const
export type BenchmarkName = keyof typeof benchmarks

export interface Item {
  benchmark: BenchmarkName
  /** As controls refer to it: `CIS 1.2.5`, `STIG V-242378`, `NSA no host network`, `claim: TLS everywhere`. */
  reference: string
  /** What it asks for; of a claim, what proves it. */
  title: string
  /** CIS only: whether the benchmark counts it. */
  test?: 'scored' | 'manual'
  /** NSA/CISA only: the items of the other tables that ask for the same. */
  same?: readonly string[]
}

/** Every item, table by table, in the order of its source. */
export const items: readonly Item[] = [
  ...cisRows.map(([id, test, title]): Item => ({ benchmark: 'cis', reference: `CIS ${id}`, title, test })),
  ...stigRows.map(([id, title]): Item => ({ benchmark: 'stig', reference: `STIG ${id}`, title })),
  ...nsaRows.map(([title, same]): Item => ({ benchmark: 'nsa', reference: `NSA ${title}`, title, same })),
  ...claimRows.map(([claim, proof]): Item => ({ benchmark: 'claims', reference: `claim: ${claim}`, title: proof })),
]
