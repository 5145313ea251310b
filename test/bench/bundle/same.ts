import { stat } from 'node:fs/promises'
import { sha256File } from '../../../lib/hash.ts'
import { bundle, clear, redoubt } from './ours.ts'
import type { Row } from './row.ts'

/** The bundle at every number of jobs, from an empty cache and from a full one. Leaves the last bundle and a full cache. */
export async function sameRows(): Promise<Row[]> {
  const found = new Set<string>()
  for (const jobs of ['1', '4', '16'])
    for (const cold of [true, false]) {
      await clear(cold)
      await redoubt('bundle', 'build', '--jobs', jobs)
      found.add(await sha256File(bundle))
    }
  const { size } = await stat(bundle)
  return [
    {
      what: 'output at 1, 4, 16 jobs, cold and warm',
      measured:
        found.size === 1
          ? `identical, ${size} bytes, sha256:${[...found][0]?.slice(0, 12)}`
          : `${found.size} different ones`,
      must: 'byte-identical',
      met: found.size === 1,
    },
  ]
}
