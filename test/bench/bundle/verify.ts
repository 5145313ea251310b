import { createHash, randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { run } from '../../../lib/exec.ts'
import { median } from '../measure.ts'
import { bundle, publicKey, redoubt } from './ours.ts'
import { memoryRow, type Row } from './row.ts'

const cores = availableParallelism()

/**
 * Verify's rate, from when the program has begun, in turn with what this machine hashes: cores times what `openssl dgst` gets, alone, of
 * this bundle, in the page cache like ours; and cores times what one thread of Node hashes of the same megabyte in memory, of no file.
 */
export async function verifyRows(): Promise<Row[]> {
  const { size } = await stat(bundle)
  const peaks: number[] = []
  const memory: number[] = []
  const digests: number[] = []
  const begun = await median(5, async () => (await redoubt('version')).seconds)
  const took = await median(5, async () => {
    memory.push(cores * rawRate())
    digests.push(cores * (await digestRate(size)))
    const { seconds, peakMB } = await redoubt('bundle', 'verify', bundle, '--key', publicKey)
    peaks.push(peakMB)
    return seconds
  })
  const middle = (values: number[]) => values.sort((a, b) => a - b)[2] ?? Number.NaN
  const [rate, raw, digest] = [size / 1e6 / (took - begun), middle(memory), middle(digests)]
  const of = (one: number, best: number) =>
    `${one.toFixed(0)} MB/s, ${((one / best) * 100).toFixed(0)} % of ${best.toFixed(0)} MB/s`
  const must = 'at least 90 %'
  return [
    { what: 'verify, beside cores x openssl dgst', measured: of(rate, digest), must, met: rate / digest >= 0.9 },
    { what: 'verify, beside cores x sha256 in memory', measured: of(rate, raw), must, met: rate / raw >= 0.9 },
    { what: 'openssl dgst, beside the same', measured: of(digest, raw), must: '' },
    memoryRow('verify', Math.max(...peaks)),
  ]
}

/** MB/s of one process that hashes the bundle. */
async function digestRate(size: number): Promise<number> {
  const started = performance.now()
  await run(['openssl', 'dgst', '-sha256', bundle])
  return size / 1e6 / ((performance.now() - started) / 1000)
}

/** MB/s of one thread, of no file. */
function rawRate(): number {
  const buffer = randomBytes(1 << 20)
  const hash = createHash('sha256')
  const started = performance.now()
  for (let round = 0; round < 1000; round++) hash.update(buffer)
  return (1000 * buffer.length) / 1e6 / ((performance.now() - started) / 1000)
}
