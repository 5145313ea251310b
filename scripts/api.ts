import { type KubeObject, objectPath } from '../cluster/objects.ts'
import { fail, messageOf, RedoubtError } from '../lib/errors.ts'
import { type HttpsResponse, httpsRequest } from '../lib/https.ts'

export interface ApiIdentity {
  /** `https://10.0.0.11:6443` */
  url: string
  /** PEM of the authorities that may have signed the server's certificate. */
  ca: string
  /** PEM of the client certificate, with its issuer. */
  cert: string
  key: string
}

export interface ApiRequest {
  method?: string
  body?: unknown
  contentType?: string
  /** Milliseconds; by default 10 s. */
  timeout?: number
  signal?: AbortSignal
}

export interface ApiAnswer {
  status: number
  /** The parsed body when it is JSON, else its text. */
  body: unknown
}

/** Requests to an API server as one identity. */
export interface Api {
  url: string
  /** Any request; resolves with whatever status comes. Throws `failed` when no answer comes at all. */
  request(path: string, options?: ApiRequest): Promise<ApiAnswer>
  /** A GET: the object, or undefined for 404. Throws `failed` for any other refusal. */
  get<T = KubeObject>(path: string, options?: ApiRequest): Promise<T | undefined>
  /**
   * Server-side apply as the field manager `redoubt`, taking over fields of others
   * (https://kubernetes.io/docs/reference/using-api/server-side-apply/). Returns the object as it is then, or with
   * `dryRun` as it would be. Throws `failed` with the server's message.
   */
  apply(object: KubeObject, options?: ApiRequest & { dryRun?: boolean }): Promise<KubeObject>
  /** Deletes an object; one that is not there is no error. */
  remove(path: string, options?: ApiRequest): Promise<void>
  /** Undefined when /readyz answers ok, else why it is not ready. Never throws. */
  notReady(options?: ApiRequest): Promise<string | undefined>
}

export const fieldManager = 'redoubt'

export function createApi({ url, ca, cert, key }: ApiIdentity): Api {
  const tls = { ca, cert, key, minVersion: 'TLSv1.2' as const }

  async function exchange(path: string, options: ApiRequest): Promise<HttpsResponse> {
    const { method = 'GET', body, contentType = 'application/json', timeout = 10_000, signal } = options
    return await httpsRequest({
      url: url + path,
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': contentType }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      tls,
      timeout,
      ...(signal ? { signal } : {}),
    })
  }

  async function request(path: string, options: ApiRequest = {}): Promise<ApiAnswer> {
    try {
      const { status, body } = await exchange(path, options)
      return { status, body: parseBody(body) }
    } catch (error) {
      return fail('failed', `the API server did not answer: ${messageOf(error)}`, {
        where: url,
        hint: 'Look at the control plane: `journalctl -u kubelet` and /var/log/pods on its node.',
        cause: error,
      })
    }
  }

  async function expect(path: string, options: ApiRequest): Promise<KubeObject> {
    const { status, body } = await request(path, options)
    return status >= 200 && status < 300
      ? (body as KubeObject)
      : fail('failed', `${options.method ?? 'GET'} ${path}: ${refusal(status, body)}`, { where: url })
  }

  return {
    url,
    request,
    get: async <T>(path: string, options: ApiRequest = {}) => {
      const { status, body } = await request(path, options)
      if (status === 404) return undefined
      return status === 200 ? (body as T) : fail('failed', `GET ${path}: ${refusal(status, body)}`, { where: url })
    },
    apply: (object, { dryRun, ...options } = {}) =>
      expect(`${objectPath(object)}?fieldManager=${fieldManager}&force=true${dryRun ? '&dryRun=All' : ''}`, {
        ...options,
        method: 'PATCH',
        contentType: 'application/apply-patch+yaml', // JSON is YAML
        body: object,
      }),
    remove: async (path, options = {}) => {
      const { status, body } = await request(path, { ...options, method: 'DELETE' })
      if (status !== 404 && status >= 300) fail('failed', `DELETE ${path}: ${refusal(status, body)}`, { where: url })
    },
    notReady: async (options = {}) => {
      try {
        const { status, body } = await exchange('/readyz', { timeout: 2000, ...options })
        return status === 200 ? undefined : unreadyText(status, body)
      } catch (error) {
        return error instanceof RedoubtError ? error.message : messageOf(error)
      }
    },
  }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The server's own words (a Status object's message), with the HTTP status. */
function refusal(status: number, body: unknown): string {
  const message =
    typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : String(body).slice(0, 200)
  return `${status} ${message.trim()}`
}

/** `/readyz` lists its checks; those that failed begin with `[-]`. */
function unreadyText(status: number, body: string): string {
  const failed = [...body.matchAll(/^\[-\]([\w/.-]+)/gm)].map((match) => match[1])
  return failed.length > 0 ? `not ready: ${failed.join(', ')}` : `/readyz answers ${status}`
}
