import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkout, workspace } from '../e2e/harness.ts'
import { type Figure, measureProcess } from './measure.ts'

/** Peak memory of our own process while a bundle is made (from a warm cache) and checked. */
export async function bundleFigures(): Promise<Figure[]> {
  const archive = join(workspace, 'lab-0.1.0.tar')
  rmSync(archive, { force: true })
  const program = join(checkout, 'redoubt')
  const build = await measureProcess([program, '-w', workspace, 'bundle', 'build'])
  const verify = await measureProcess([program, 'bundle', 'verify', archive, '--key', join(workspace, 'bundle.pub')])
  return [
    { name: 'bundle build, peak memory', value: build.peakMB, unit: 'MB', limit: 256 },
    { name: 'bundle verify, peak memory', value: verify.peakMB, unit: 'MB', limit: 256 },
  ]
}
