// npm run bench:bundle [-- WORD ...]: makes images, a registry that holds them, and measures what `redoubt bundle` does with them, beside
// others. Prints a table; exits 1 when a figure is missed. BENCH_SIZE (GiB, 4), BENCH_ROUNDS (3), BENCH_SEED (1), BENCH_FOLDER, KEEP=1.
import { rmSync } from 'node:fs'
import { mkdir, statfs } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { formatTable } from '../../../lib/output.ts'
import { bytesOf, type Corpus, makeCorpus } from './corpus.ts'
import { createRows } from './create.ts'
import { diskRows } from './disk.ts'
import { killRows } from './kill.ts'
import { clear, prepareOurs, writeSpec } from './ours.ts'
import { partRows } from './parts.ts'
import { withRegistry } from './registry.ts'
import { megabytes, type Row } from './row.ts'
import { sameRows } from './same.ts'
import { serveRows } from './serve.ts'
import { host, keep, seed, size, work } from './settings.ts'
import { tool } from './tools.ts'
import { verifyRows } from './verify.ts'

/** In this order: `verify` and `serve` read the bundle that `same` leaves. */
const groups: { name: string; run: (corpus: Corpus) => Promise<Row[]> }[] = [
  {
    name: 'create',
    run: ({ repositories }) => createRows(repositories.map((repository) => `${host}/${repository}:1`)),
  },
  { name: 'disk', run: (corpus) => diskRows(bytesOf(corpus)) },
  { name: 'same', run: sameRows },
  { name: 'verify', run: verifyRows },
  { name: 'serve', run: ({ repositories }) => serveRows(repositories) },
  { name: 'parts', run: ({ repositories }) => partRows(repositories) },
  { name: 'kill', run: ({ repositories }) => killRows(repositories) },
]

const words = process.argv.slice(2)
const wanted = (name: string) => words.length === 0 || words.includes(name)
const needsBundle = ['verify', 'serve'].some(wanted)
const chosen = groups.filter(({ name }) => wanted(name) || (name === 'same' && needsBundle))

const clean = () => {
  if (!keep) rmSync(work, { recursive: true, force: true })
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    clean()
    process.exit(130)
  })
await mkdir(work, { recursive: true })
try {
  await refuseLittle()
  const registry = await tool('registry')
  const root = join(work, 'registry')
  process.stderr.write(`making ${size} GiB of layers (seed ${seed}) in ${work}\n`)
  const corpus = await makeCorpus(root, seed, size)
  await prepareOurs()
  await writeSpec(host, corpus.repositories)
  const rows = await withRegistry(registry, root, host, async () => {
    const all: Row[] = []
    for (const { name, run } of chosen) {
      process.stderr.write(`measuring: ${name}\n`)
      all.push(...(await run(corpus)))
    }
    return all
  })
  await clear(true)
  const machine = `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}`
  const blobs = `${corpus.repositories.length} images, ${Object.keys(corpus.blobs).length} blobs, ${megabytes(bytesOf(corpus))}`
  const lines = rows.map(({ what, measured, must, met }) => [
    what,
    measured,
    must,
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ])
  process.stdout.write(`${machine}\n${blobs}\n${formatTable(['FIGURE', 'MEASURED', 'MUST BE', ''], lines)}\n`)
  process.exitCode = rows.length > 0 && rows.every(({ met }) => met !== false) ? 0 : 1
} finally {
  clean()
}

/** At most there are the corpus, a layout and its archive (or cache and bundle), and what six clients pulled. */
async function refuseLittle(): Promise<void> {
  const { bavail, bsize } = await statfs(work)
  const needed = (size * 3.2 + 0.8) * 2 ** 30
  if (bavail * bsize >= needed) return
  const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1)
  process.stderr.write(
    `bench:bundle needs ${gib(needed)} GiB in ${work}, and ${gib(bavail * bsize)} are free.\nTake a smaller corpus (BENCH_SIZE=0.2), or another disk (BENCH_FOLDER).\n`,
  )
  clean()
  process.exit(2)
}
