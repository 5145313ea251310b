// A registry on loopback that answers what a test says: wire behaviour (RFC 9110, distribution-spec), also the bad.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { type Cache, openCache } from '../../../bundles/cache.ts'
import { type Client, createClient } from '../../../bundles/registry/client.ts'
import type { Credentials } from '../../../bundles/registry/credentials.ts'
import { createSend, type HostSettings } from '../../../bundles/registry/http.ts'
import { digestOf } from '../../../lib/hash.ts'

export interface Asked {
  method: string
  path: string
  headers: IncomingMessage['headers']
}

export type Answer = (asked: Asked, response: ServerResponse, body: () => Promise<Buffer>) => void | Promise<void>

interface Fake {
  host: string
  asked: Asked[]
  close: () => Promise<void>
}

/** A server that answers with `answer`, and keeps what it was asked. */
export async function serveFake(answer: Answer): Promise<Fake> {
  const asked: Asked[] = []
  const server: Server = createServer((request, response) => {
    const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers }
    asked.push(one)
    const body = async () => buffer(request)
    Promise.resolve(answer(one, response, body)).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return { host: `127.0.0.1:${port}`, asked, close }
}

interface TestClient {
  client: Client
  /** Milliseconds that were to be waited, each time. */
  waits: number[]
}

/** A client that does not wait, speaks HTTP to the named hosts, and knows these credentials. */
export function clientFor(
  hosts: readonly (string | HostSettings)[],
  known: Record<string, Credentials> = {},
): TestClient {
  const waits: number[] = []
  const settings = hosts.map((entry) => (typeof entry === 'string' ? { host: entry, plainHttp: true } : entry))
  const { signal } = new AbortController()
  const wait = async (milliseconds: number) => void waits.push(milliseconds)
  const client = createClient({
    hosts: settings,
    credentials: async (registry) => known[registry],
    send: createSend(settings, 4, signal),
    retry: { wait, signal, onRetry: () => {} },
    now: () => 0,
  })
  return { client, waits }
}

/** An image as a registry would hold it: of one layer, or of more. */
export function imageOf(layer: Buffer, further: readonly Buffer[] = [], architecture = 'amd64') {
  const config = Buffer.from(JSON.stringify({ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }))
  const describe = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: digestOf(bytes), size: bytes.length })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: describe(config, 'application/vnd.oci.image.config.v1+json'),
      layers: [layer, ...further].map((one) => describe(one, 'application/vnd.oci.image.layer.v1.tar+gzip')),
    }),
  )
  return { layer, further, config, manifest, digest: digestOf(manifest) }
}

/** Work with an empty cache that is gone afterwards. */
export async function withCache<T>(work: (cache: Cache) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'redoubt-registry-'))
  try {
    return await work(await openCache(root))
  } finally {
    await rm(root, { recursive: true })
  }
}

/** Work with a registry that a test plays; `asked` holds what it was asked so far. */
export async function withServer<T>(answer: Answer, work: (host: string, asked: Asked[]) => Promise<T>): Promise<T> {
  const fake = await serveFake(answer)
  try {
    return await work(fake.host, fake.asked)
  } finally {
    await fake.close()
  }
}

/** Both. */
export async function withFake(answer: Answer, work: (host: string, cache: Cache) => Promise<void>): Promise<void> {
  await withServer(answer, (host) => withCache((cache) => work(host, cache)))
}
