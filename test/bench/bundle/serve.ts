import { spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../../lib/errors.ts'
import { run } from '../../../lib/exec.ts'
import { peakMemory } from '../measure.ts'
import { bundle, program, publicKey } from './ours.ts'
import { memoryRow, type Row, seconds } from './row.ts'
import { host, work } from './settings.ts'
import { onPath, tool, untilAnswers } from './tools.ts'

const address = '127.0.0.1:5178'
const pulls = 200
/** skopeo writes what it pulls: few of them, for the disk's sake. */
const bySkopeo = 6

/** 200 pulls at once from `bundle serve`: crane throws the bytes away when it has checked them, skopeo keeps them in a layout. */
export async function serveRows(repositories: readonly string[]): Promise<Row[]> {
  const crane = await tool('crane')
  const skopeo = onPath('skopeo')
  const folder = join(work, 'pulled')
  await mkdir(folder, { recursive: true })
  const server = spawn(program, ['bundle', 'serve', bundle, '--key', publicKey, '--plain-http', '--listen', address], {
    stdio: 'ignore',
  })
  try {
    await untilAnswers(`http://${address}/healthz`, server, 60)
    const at = host.replace(':', '_')
    const failures: string[] = []
    const started = performance.now()
    await Promise.all(
      Array.from({ length: pulls }, async (_, index) => {
        const repository = repositories[index % repositories.length]
        const image = `${address}/${at}/${repository}:1`
        const byIt = skopeo && index < bySkopeo
        try {
          if (byIt)
            await run([skopeo, 'copy', '-q', '--src-tls-verify=false', `docker://${image}`, `oci:${folder}/${index}:x`])
          else await run([crane, 'pull', image, '/dev/null'])
          const { stdout: served } = await run([crane, 'digest', image])
          const { stdout: pushed } = await run([crane, 'digest', `${host}/${repository}:1`])
          if (served !== pushed) failures.push(`${image} is ${served}`)
        } catch (error) {
          failures.push(messageOf(error))
        }
      }),
    )
    const took = (performance.now() - started) / 1000
    const peak = peakMemory(server.pid) / 1000
    for (const failure of failures.slice(0, 3)) process.stderr.write(`${failure}\n`)
    const clients = skopeo ? `${pulls - bySkopeo} crane, ${bySkopeo} skopeo` : 'crane'
    return [
      {
        what: `serve, ${pulls} parallel pulls (${clients})`,
        measured: `${failures.length} errors or mismatches, ${seconds(took)}`,
        must: 'none',
        met: failures.length === 0,
      },
      memoryRow('serve', peak),
    ]
  } finally {
    server.kill()
    await rm(folder, { recursive: true, force: true })
  }
}
