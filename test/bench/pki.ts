import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initPki } from '../../pki/init.ts'
import { specOf } from '../pki/helper.ts'

/** Seconds to make a whole PKI of 3 control planes and 10 workers on disk: the median of five. Must be under 0.5. */
export async function benchPki(): Promise<{ name: string; seconds: number; limit: number }> {
  const spec = specOf(3, 10)
  const runs: number[] = []
  for (let run = 0; run < 5; run++) {
    const parent = mkdtempSync(join(tmpdir(), 'redoubt-bench-'))
    try {
      const started = performance.now()
      await initPki({ spec, folder: join(parent, 'keys'), now: new Date() })
      runs.push((performance.now() - started) / 1000)
    } finally {
      rmSync(parent, { recursive: true })
    }
  }
  return { name: 'PKI of 3 + 10 nodes', seconds: runs.sort((a, b) => a - b)[2] ?? 0, limit: 0.5 }
}
