import { createHash, randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { median } from '../measure.ts'
import { bundle, publicKey, redoubt } from './ours.ts'
import { memoryRow, type Row } from './row.ts'

/** Verify's rate beside cores times what one thread of Node hashes in memory, in turn. */
export async function verifyRows(): Promise<Row[]> {
  const { size } = await stat(bundle)
  const peaks: number[] = []
  const raws: number[] = []
  const took = await median(5, async () => {
    raws.push(rawRate())
    const { seconds, peakMB } = await redoubt('bundle', 'verify', bundle, '--key', publicKey)
    peaks.push(peakMB)
    return seconds
  })
  const raw = raws.sort((a, b) => a - b)[2] ?? Number.NaN
  const rate = size / 1e6 / took
  const cores = availableParallelism()
  const part = rate / (cores * raw)
  return [
    {
      what: 'verify',
      measured: `${rate.toFixed(0)} MB/s, ${(part * 100).toFixed(0)} % of ${cores} x ${raw.toFixed(0)} MB/s (Node, 1 MiB in memory)`,
      must: 'at least 90 %',
      met: part >= 0.9,
    },
    memoryRow('verify', Math.max(...peaks)),
  ]
}

/** MB/s of one thread. */
function rawRate(): number {
  const buffer = randomBytes(1 << 20)
  const hash = createHash('sha256')
  const started = performance.now()
  for (let round = 0; round < 1000; round++) hash.update(buffer)
  return (1000 * buffer.length) / 1e6 / ((performance.now() - started) / 1000)
}
