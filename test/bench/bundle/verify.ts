import { createHash, randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { median } from '../measure.ts'
import { bundle, publicKey, redoubt } from './ours.ts'
import { memoryRow, type Row } from './row.ts'

const cores = availableParallelism()

/**
 * Verify's rate, from when the program has begun, in turn with two others: cores times what one thread of Node hashes of the same megabyte in
 * memory, and what a thread a core gets that does nothing but read this bundle, in the page cache like everybody's, and hash it.
 */
export async function verifyRows(): Promise<Row[]> {
  const { size } = await stat(bundle)
  const peaks: number[] = []
  const raws: number[] = []
  const reads: number[] = []
  const begun = await median(5, async () => (await redoubt('version')).seconds)
  const took = await median(5, async () => {
    raws.push(cores * rawRate())
    reads.push(size / 1e6 / (await readSeconds(size)))
    const { seconds, peakMB } = await redoubt('bundle', 'verify', bundle, '--key', publicKey)
    peaks.push(peakMB)
    return seconds
  })
  const middle = (values: number[]) => values.sort((a, b) => a - b)[2] ?? Number.NaN
  const [rate, raw, read] = [size / 1e6 / (took - begun), middle(raws), middle(reads)]
  const of = (one: number, best: number) =>
    `${one.toFixed(0)} MB/s, ${((one / best) * 100).toFixed(0)} % of ${best.toFixed(0)} MB/s`
  const must = 'at least 90 %'
  return [
    { what: 'verify, beside sha256 in memory', measured: of(rate, raw), must, met: rate / raw >= 0.9 },
    { what: 'threads that only read and hash, beside the same', measured: of(read, raw), must: '' },
    { what: 'verify, beside those threads', measured: of(rate, read), must, met: rate / read >= 0.9 },
    memoryRow('verify', Math.max(...peaks)),
  ]
}

/** Seconds in which a thread a core reads its part of the bundle and hashes it; from when all have begun. */
async function readSeconds(size: number): Promise<number> {
  const workers = Array.from({ length: cores }, () => new Worker(`(${readPart.toString()})()`, { eval: true }))
  const answers = (send?: (worker: Worker, index: number) => void) =>
    Promise.all(
      workers.map((worker, index) => {
        const answer = new Promise((resolve) => worker.once('message', resolve))
        send?.(worker, index)
        return answer
      }),
    )
  await answers()
  const part = Math.ceil(size / cores)
  const started = performance.now()
  await answers((worker, index) => worker.postMessage({ path: bundle, from: index * part, to: (index + 1) * part }))
  const seconds = (performance.now() - started) / 1000
  await Promise.all(workers.map((worker) => worker.terminate()))
  return seconds
}

/** Runs in the thread. */
function readPart(): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads')
  const { openSync, readSync } = process.getBuiltinModule('node:fs')
  const { createHash } = process.getBuiltinModule('node:crypto')
  const buffer = Buffer.alloc(256 << 10)
  parentPort?.once('message', ({ path, from, to }: { path: string; from: number; to: number }) => {
    const file = openSync(path, 'r')
    const hash = createHash('sha256')
    for (let at = from, count = 1; count > 0 && at < to; at += count) {
      count = readSync(file, buffer, 0, Math.min(buffer.length, to - at), at)
      hash.update(buffer.subarray(0, count))
    }
    parentPort?.postMessage(hash.digest('hex'))
  })
  parentPort?.postMessage('begun')
}

/** MB/s of one thread. */
function rawRate(): number {
  const buffer = randomBytes(1 << 20)
  const hash = createHash('sha256')
  const started = performance.now()
  for (let round = 0; round < 1000; round++) hash.update(buffer)
  return (1000 * buffer.length) / 1e6 / ((performance.now() - started) / 1000)
}
