// npm run bench [WORD ...]: measures, prints a table with what each figure must stay under, exits 1 when one does not.
import { availableParallelism, cpus, totalmem } from 'node:os'
import { formatTable } from '../../lib/output.ts'
import { bundleFigures } from './bundle.ts'
import { applyFigures } from './kubeadm.ts'
import type { Figure } from './measure.ts'
import { benchPki } from './pki.ts'
import { renderFigures } from './render.ts'
import { versionFigures } from './version.ts'

const groups: { name: string; run: () => Promise<Figure[]> }[] = [
  { name: 'version', run: versionFigures },
  {
    name: 'pki',
    run: async () => [await benchPki()].map((f) => ({ name: f.name, value: f.seconds, unit: 's', limit: f.limit })),
  },
  { name: 'render', run: renderFigures },
  { name: 'bundle', run: bundleFigures },
  { name: 'apply', run: applyFigures },
]

const words = process.argv.slice(2)
const chosen = groups.filter((group) => words.length === 0 || words.includes(group.name))
const figures: Figure[] = []
for (const group of chosen) figures.push(...(await group.run()))
const round = (value: number) => (value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(2) : value.toFixed(0))
const rows = figures.map((f) => [
  f.name,
  `${round(f.value)} ${f.unit}`,
  `${f.limit} ${f.unit}`,
  f.value < f.limit ? 'met' : 'MISSED',
])
process.stdout.write(
  `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}\n`,
)
process.stdout.write(`${formatTable(['FIGURE', 'MEASURED', 'MUST BE UNDER', ''], rows)}\n`)
process.exitCode = figures.length > 0 && figures.every((f) => f.value < f.limit) ? 0 : 1
