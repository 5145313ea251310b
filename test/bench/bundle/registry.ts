import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

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
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`http://${address}/v2/`).catch(() => undefined)
      if (answer?.ok) break
      if (tries === 100 || child.exitCode !== null) throw new Error(`the registry does not answer at ${address}`)
      await setTimeout(100)
    }
    return await work()
  } finally {
    end()
  }
}
