// Compiles what the cache does not hold of the programs that main.ts starts, and writes where each lies to LIST: in namespaces of its own,
// main.ts has no network, and would take the work of living processes in the cache for left behind.
import { writeFileSync } from 'node:fs'
import { cacheRoot, openCache } from '../../../bundles/cache.ts'
import { supportedVersions } from '../../../cluster/versions.ts'
import { messageOf } from '../../../lib/errors.ts'
import { buildVersion, type Programs } from './programs.ts'

const [list = '', ...asked] = process.argv.slice(2)
const lists: Programs = {}
try {
  const cache = await openCache(cacheRoot())
  for (const version of asked.length > 0 ? asked : supportedVersions) {
    const started = performance.now()
    const { compiled, programs } = await buildVersion(cache, version)
    lists[version] = programs
    const seconds = ((performance.now() - started) / 1000).toFixed(0)
    process.stdout.write(`${version}: ${compiled ? `compiled in ${seconds} s` : 'from the cache'}\n`)
  }
  writeFileSync(list, JSON.stringify(lists))
} catch (error) {
  process.stdout.write(`${messageOf(error)}\n0 passed, 1 failed\n`)
  process.exitCode = 1
}
