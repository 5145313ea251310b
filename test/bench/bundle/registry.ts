import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { untilAnswers } from './tools.ts'

/** Runs distribution's registry over `root` on loopback, while `work` lasts. Throws when it does not answer within 10 s. */
export async function withRegistry<T>(
  program: string,
  root: string,
  address: string,
  work: () => Promise<T>,
): Promise<T> {
  const config = join(root, 'config.yml')
  await writeFile(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: root, maxthreads: 100 } },
      http: { addr: address },
    }),
  )
  const child = spawn(program, ['serve', config], {
    stdio: 'ignore',
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  })
  const end = () => void child.kill()
  process.once('exit', end)
  try {
    await untilAnswers(`http://${address}/v2/`, child, 10)
    return await work()
  } finally {
    end()
  }
}
