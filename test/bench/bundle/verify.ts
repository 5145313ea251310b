import { createHash, randomBytes } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { median } from '../measure.ts'
import { bundle, program, publicKey, redoubt } from './ours.ts'
import { memoryRow, type Row } from './row.ts'

/**
 * Verify's rate, from when the program has begun, beside cores times what one thread of Node hashes in memory; in turn. What is said of the
 * page cache is the same hash of what is read from there: nobody who reads files is faster.
 */
export async function verifyRows(): Promise<Row[]> {
  const { size } = await stat(bundle)
  const peaks: number[] = []
  const raws: number[] = []
  const reads: number[] = []
  const begun = await median(5, async () => (await redoubt('version')).seconds)
  const took = await median(5, async () => {
    raws.push(rawRate())
    reads.push(readRate())
    const { seconds, peakMB } = await redoubt('bundle', 'verify', bundle, '--key', publicKey)
    peaks.push(peakMB)
    return seconds
  })
  const middle = (values: number[]) => values.sort((a, b) => a - b)[2] ?? Number.NaN
  const raw = middle(raws)
  const rate = size / 1e6 / (took - begun)
  const cores = availableParallelism()
  const part = rate / (cores * raw)
  return [
    {
      what: 'verify',
      measured: `${rate.toFixed(0)} MB/s, ${(part * 100).toFixed(0)} % of ${cores} x ${raw.toFixed(0)} MB/s in memory; a thread that reads has ${middle(reads).toFixed(0)} MB/s`,
      must: 'at least 90 %',
      met: part >= 0.9,
    },
    memoryRow('verify', Math.max(...peaks)),
  ]
}

/** MB/s of one thread that reads the executable, which is in the page cache. */
function readRate(): number {
  const buffer = Buffer.alloc(1 << 20)
  const hash = createHash('sha256')
  const file = openSync(program, 'r')
  const started = performance.now()
  let done = 0
  for (let round = 0; round < 8; round++)
    for (let at = 0, count = 1; count > 0; at += count, done += count) {
      count = readSync(file, buffer, 0, buffer.length, at)
      hash.update(buffer.subarray(0, count))
    }
  const seconds = (performance.now() - started) / 1000
  closeSync(file)
  return done / 1e6 / seconds
}

/** MB/s of one thread. */
function rawRate(): number {
  const buffer = randomBytes(1 << 20)
  const hash = createHash('sha256')
  const started = performance.now()
  for (let round = 0; round < 1000; round++) hash.update(buffer)
  return (1000 * buffer.length) / 1e6 / ((performance.now() - started) / 1000)
}
