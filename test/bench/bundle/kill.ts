import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { sha256File } from '../../../lib/hash.ts'
import { bundle, clear, redoubt, startBuild, writeSpec } from './ours.ts'
import { type CountingProxy, startProxy } from './proxy.ts'
import { megabytes, type Row } from './row.ts'
import { host, seed } from './settings.ts'

const kills = 20
const port = 5179
/** Most bytes of one blob that may be fetched twice. */
const most = 1 << 20

/** Builds killed at instants that the seed says, each run again: what comes out, and what was fetched twice. */
export async function killRows(repositories: readonly string[]): Promise<Row[]> {
  const proxy = await startProxy(port, host)
  try {
    // Two of the twelve: what is killed is the same, and twenty times all of it would take an hour.
    await writeSpec(`127.0.0.1:${port}`, repositories.slice(0, 2))
    await clear(true)
    const { seconds: whole } = await redoubt('bundle', 'build')
    const expected = await sha256File(bundle)
    const random = randomFrom(seed)
    const counts = { different: 0, killed: 0, twice: 0, worst: 0 }
    for (let round = 0; round < kills; round++) {
      const instant = random() * whole
      const { killed, twice } = await killAndRepeat(proxy, instant * 1000)
      const same = (await sha256File(bundle)) === expected
      if (!same) counts.different++
      if (killed) counts.killed++
      counts.twice += twice.reduce((sum, bytes) => sum + bytes, 0)
      counts.worst = Math.max(counts.worst, ...twice)
      process.stderr.write(
        `kill ${round + 1} at ${instant.toFixed(2)} of ${whole.toFixed(2)} s${killed ? '' : ' (had ended)'}: ${same ? 'same' : 'ANOTHER'} bundle, twice ${twice.join(' ') || 0}\n`,
      )
    }
    return [
      {
        what: `kill -9 at ${kills} instants (seed ${seed}), and again`,
        measured: `${kills - counts.different} of ${kills} the same bundle, ${counts.killed} killed before the end`,
        must: 'the same bundle',
        met: counts.different === 0 && counts.killed >= kills / 2,
      },
      {
        what: 'kill -9: bytes that had come and came again',
        measured: `at most ${megabytes(counts.worst)} of one blob, ${megabytes(counts.twice)} in all`,
        must: 'at most 1 MiB of a blob',
        met: counts.worst <= most,
      },
    ]
  } finally {
    await proxy.close()
    await writeSpec(host, repositories)
  }
}

/** From an empty cache. Returns the bytes of each blob that came twice, where some did. */
async function killAndRepeat(
  proxy: CountingProxy,
  milliseconds: number,
): Promise<{ killed: boolean; twice: number[] }> {
  await clear(true)
  proxy.take()
  const child = startBuild()
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await Promise.race([ended, setTimeout(milliseconds)])
  const killed = child.exitCode === null
  // Stopped first: what the kernel still holds for it would be lost to the count.
  child.kill('SIGSTOP')
  while (killed && !/\) [TZX] /.test(stateOf(child.pid))) await setTimeout(1)
  const ends = proxy.take()
  child.kill('SIGKILL')
  await ended
  await redoubt('bundle', 'build')
  const twice = [...proxy.asked()].flatMap(([digest, from]) => {
    const bytes = (ends.get(digest) ?? 0) - from
    return bytes > 0 ? [bytes] : []
  })
  return { killed, twice }
}

function stateOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ') X '
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
