import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../lib/exec.ts'
import { bundle, clear, redoubt } from './ours.ts'
import { findPeers } from './peers.ts'
import { memoryRow, type Row, seconds } from './row.ts'
import { rounds, work } from './settings.ts'

/** One way to make the archive, once: seconds until it ended, and until the archive was on the disk. */
interface Time {
  ended: number
  synced: number
}

/** Everything into one archive, by each way in turn, round by round: what they share they share then. */
export async function createRows(images: readonly string[]): Promise<Row[]> {
  const folder = join(work, 'peer')
  const peaks: number[] = []
  const ours = (name: string, ...args: string[]) => ({
    name,
    own: true,
    create: () => clear(true),
    run: async () => {
      peaks.push((await redoubt('bundle', 'build', ...args)).peakMB)
      return bundle
    },
    after: () => clear(true),
  })
  const peers = (await findPeers()).map(({ name, create }) => ({
    name,
    own: false,
    create: () => mkdir(folder, { recursive: true }),
    run: async () => {
      await create(folder, images)
      return join(folder, 'archive.tar')
    },
    after: () => rm(folder, { recursive: true, force: true }),
  }))
  const ways = [ours('redoubt bundle build'), ours('redoubt bundle build --no-cache', '--no-cache'), ...peers]
  const times = ways.map((): Time[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [index, way] of ways.entries()) {
      await way.after()
      await way.create()
      await run(['sync'])
      const started = performance.now()
      const archive = await way.run()
      const ended = (performance.now() - started) / 1000
      await run(['sync', archive])
      const synced = (performance.now() - started) / 1000
      times[index]?.push({ ended, synced })
      process.stderr.write(`round ${round + 1}, ${way.name}: ${seconds(ended)}, on the disk ${seconds(synced)}\n`)
      await way.after()
    }
  const middle = (index: number, key: keyof Time) =>
    (times[index] ?? []).map((time) => time[key]).sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
  const rows = ways.map(
    ({ name }, index): Row => ({
      what: `create, cold: ${name}`,
      measured: `${seconds(middle(index, 'ended'))}, on the disk ${seconds(middle(index, 'synced'))}`,
      must: '',
    }),
  )
  const best = (key: keyof Time) => Math.min(...ways.flatMap((way, index) => (way.own ? [] : [middle(index, key)])))
  const judged = ways.flatMap((way, index): Row[] => {
    if (!way.own) return []
    const ratio = middle(index, 'synced') / best('synced')
    const ended = middle(index, 'ended') / best('ended')
    return [
      {
        what: `${way.name}, beside the best peer`,
        measured: `${ratio.toFixed(2)}x on the disk, ${ended.toFixed(2)}x to the command's end`,
        must: 'at most 0.8x',
        met: ratio <= 0.8,
      },
    ]
  })
  return [...rows, ...judged, memoryRow('create', Math.max(...peaks))]
}
