import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../../lib/exec.ts'
import { bundle, clear, program, publicKey, redoubt, workspace, writeSpec } from './ours.ts'
import { memoryRow, type Row } from './row.ts'
import { host } from './settings.ts'

/** In volumes, and as a delta to a bundle of half the images: what that takes of memory. */
export async function partRows(repositories: readonly string[]): Promise<Row[]> {
  await clear(false)
  const split = await redoubt('bundle', 'build', '--volume-size', '700M')
  const volumes = await redoubt('bundle', 'verify', bundle, '--key', publicKey)
  await clear(true)
  await writeSpec(host, repositories.slice(0, repositories.length / 2))
  await redoubt('bundle', 'build')
  const inventory = join(workspace, 'base.json')
  const { stdout } = await run([program, 'bundle', 'inspect', bundle, '--key', publicKey, '-o', 'json'])
  await writeFile(inventory, stdout)
  await rm(bundle)
  await rm(join(workspace, 'redoubt.lock.yaml'))
  await writeSpec(host, repositories)
  const delta = await redoubt('bundle', 'build', '--delta-from', inventory)
  await clear(true)
  return [
    memoryRow('split into volumes', split.peakMB),
    memoryRow('verify of volumes', volumes.peakMB),
    memoryRow('delta', delta.peakMB),
  ]
}
