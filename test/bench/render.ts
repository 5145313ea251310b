import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadHosts } from '../../cluster/hosts.ts'
import { writeYaml } from '../../lib/yaml.ts'
import { initPki } from '../../pki/init.ts'
import { checkout } from '../e2e/harness.ts'
import { specOf } from '../pki/helper.ts'
import { type Figure, measureProcess, median } from './measure.ts'

/** `redoubt render` of 3 control planes and 10 workers, the whole process. */
export async function renderFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-bench-'))
  try {
    const spec = specOf(3, 10)
    const { where: _, ...plain } = spec
    const fixtures = join(checkout, 'test', 'fixtures')
    const host = (await loadHosts(join(fixtures, 'hosts.yaml'))).hosts.w1
    const hosts = Object.fromEntries(spec.spec.nodes.map((node) => [node.name, host]))
    writeFileSync(join(folder, 'redoubt.yaml'), writeYaml(plain))
    writeFileSync(join(folder, 'hosts.yaml'), writeYaml({ apiVersion: 'redoubt.dev/v1alpha1', kind: 'Hosts', hosts }))
    copyFileSync(join(fixtures, 'redoubt.lock.yaml'), join(folder, 'redoubt.lock.yaml'))
    await initPki({ spec, folder: join(folder, 'keys'), now: new Date() })
    const command = [join(checkout, 'redoubt'), '-w', folder, 'render'] as const
    const value = await median(5, async () => (await measureProcess(command)).seconds)
    return [{ name: 'render of 3 + 10 nodes', value, unit: 's', limit: 2 }]
  } finally {
    rmSync(folder, { recursive: true })
  }
}
