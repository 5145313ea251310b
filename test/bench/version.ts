import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../lib/exec.ts'
import { checkout } from '../e2e/harness.ts'
import { type Figure, measureProcess, median } from './measure.ts'

/** How long a first answer takes. */
export async function versionFigures(): Promise<Figure[]> {
  const executable = join(checkout, 'dist', 'redoubt')
  if (!existsSync(executable)) await run(['npm', 'run', 'build'], { cwd: checkout })
  const value = await median(9, async () => (await measureProcess([executable, 'version'])).seconds)
  return [{ name: '`redoubt version`, the executable', value, unit: 's', limit: 0.1 }]
}
