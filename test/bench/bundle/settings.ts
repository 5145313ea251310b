// What a run is told by its environment, and where it keeps what it makes.
import { homedir } from 'node:os'
import { join } from 'node:path'

const home = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'redoubt-bench')

/** Programs that are built once and stay. */
export const tools = join(home, 'bin')
/** Everything else: goes at the end, unless KEEP=1. */
export const work = process.env.BENCH_FOLDER ?? join(home, 'work')
/** GiB of blobs. */
export const size = Number(process.env.BENCH_SIZE ?? 4)
/** Of the corpus, and of the instants at which builds are killed. */
export const seed = Number(process.env.BENCH_SEED ?? 1)
/** How often each way to make an archive runs. */
export const rounds = Number(process.env.BENCH_ROUNDS ?? 3)
export const keep = process.env.KEEP === '1'

/** Loopback: nothing else may use it. */
export const host = process.env.BENCH_REGISTRY ?? '127.0.0.1:5177'
