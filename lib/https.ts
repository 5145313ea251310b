import { type RequestOptions, request } from 'node:https'
import type { ConnectionOptions } from 'node:tls'

export interface HttpsRequest {
  /** `https://host:port/path?query` */
  url: string
  method?: string
  headers?: Record<string, string>
  body?: string
  /** Trust, client certificate and the rest, as node:tls takes them. */
  tls: ConnectionOptions
  /** Milliseconds for the whole exchange. */
  timeout: number
  signal?: AbortSignal
}

export interface HttpsResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

const bodyLimit = 64 << 20

/** One HTTPS exchange on a connection of its own. Throws the socket's error; a body over 64 MiB is an error. */
export function httpsRequest(options: HttpsRequest): Promise<HttpsResponse> {
  return new Promise((resolve, reject) => {
    const timer = AbortSignal.timeout(options.timeout)
    const signal = options.signal ? AbortSignal.any([options.signal, timer]) : timer
    const settings: RequestOptions = {
      ...options.tls,
      agent: false,
      method: options.method ?? 'GET',
      headers: { ...options.headers, ...(options.body ? { 'content-length': Buffer.byteLength(options.body) } : {}) },
      signal,
    }
    const outgoing = request(options.url, settings, (incoming) => {
      const chunks: Buffer[] = []
      let size = 0
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > bodyLimit) outgoing.destroy(new Error(`answer of ${options.url} is over 64 MiB`))
        else chunks.push(chunk)
      })
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    })
    outgoing.on('error', (error) =>
      reject(timer.aborted ? new Error(`no answer within ${options.timeout} ms`, { cause: error }) : error),
    )
    outgoing.end(options.body)
  })
}
