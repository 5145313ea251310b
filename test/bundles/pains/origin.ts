// Where images come from and go to: distribution's registry where REDOUBT_REGISTRY names its program (npm run pains), else one in
// memory. In front of it stands what counts, refuses and cuts.
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Asked, serveFake } from '../registry/fake.ts'
import { answersOf, emptyContent } from '../registry/store.ts'
import { temporary } from '../small.ts'

export interface Origin {
  /** The registry itself, to publish at. */
  direct: string
  /** What stands in front of it. */
  host: string
  asked: Asked[]
  /** Bytes that were sent, by path. */
  sent: Map<string, number>
  /** A status to answer with, instead of asking the registry. */
  status: (asked: Asked) => number | undefined
  /** After how many bytes of the body the connection is cut. */
  cut: (asked: Asked) => number | undefined
  /** Waits before it asks the registry. */
  hold: (asked: Asked) => Promise<void> | undefined
}

/** Work with empty registries, each with what is in front of it. */
export async function withOrigins(work: (origin: Origin, other: Origin) => Promise<void>): Promise<void> {
  const started = [await start(), await start()] as const
  try {
    await work(started[0].origin, started[1].origin)
  } finally {
    for (const { close } of started) await close()
  }
}

async function start(): Promise<{ origin: Origin; close: () => Promise<void> }> {
  const program = process.env.REDOUBT_REGISTRY
  const registry = program ? await startReal(program) : await serveFake(answersOf(emptyContent()))
  const origin: Omit<Origin, 'host' | 'asked'> = {
    direct: registry.host,
    sent: new Map(),
    status: () => undefined,
    cut: () => undefined,
    hold: () => undefined,
  }
  const front = await serveFake(async (asked, response, body) => {
    const bytes = await body()
    const status = origin.status(asked)
    if (status) return void response.writeHead(status).end()
    await origin.hold(asked)
    const answer = await pass(registry.host, asked, bytes)
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    const most = origin.cut(asked) ?? Number.POSITIVE_INFINITY
    await pipeline(
      answer,
      async function* (chunks: AsyncIterable<Buffer>) {
        let sent = 0
        for await (const chunk of chunks) {
          const part = chunk.subarray(0, most - sent)
          sent += part.length
          origin.sent.set(asked.path, (origin.sent.get(asked.path) ?? 0) + part.length)
          yield part
          if (sent === most) throw new Error('cut')
        }
      },
      response,
    )
  })
  const close = async () => {
    await front.close()
    await registry.close()
  }
  return { origin: Object.assign(origin, { host: front.host, asked: front.asked }), close }
}

function pass(host: string, { method, path, headers }: Asked, bytes: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const onward = request(`http://${host}${path}`, { method, headers, agent: false }, resolve)
    onward.on('error', reject)
    onward.end(bytes)
  })
}

/** distribution's registry with an empty storage, on a port that it chooses and tells. */
async function startReal(program: string) {
  const root = mkdtempSync(join(temporary, 'registry-'))
  const config = join(root, 'config.yml')
  const http = { addr: '127.0.0.1:0' }
  writeFileSync(config, JSON.stringify({ version: 0.1, storage: { filesystem: { rootdirectory: root } }, http }))
  const child = spawn(program, ['serve', config], {
    env: { OTEL_TRACES_EXPORTER: 'none' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const host = await new Promise<string>((resolve, reject) => {
    let said = ''
    // Read to the end: it would die of a pipe that nobody reads.
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-4000)
      const [, listening] = /listening on (127\.0\.0\.1:\d+)/.exec(said) ?? []
      if (listening) resolve(listening)
    })
    child.on('error', reject)
    child.on('exit', () => reject(new Error(`${program} ended: ${said}`)))
  })
  return { host, close: async () => void child.kill() }
}
