import { type Client, createClient } from './client.ts'
import { dockerCredentials } from './credentials.ts'
import { createSend, type HostSettings } from './http.ts'
import { pause } from './retry.ts'

/**
 * A client with what this machine has: docker's credentials, the environment's proxies, real waits. `onRetry` hears why something is
 * tried again.
 */
export function openClient(
  hosts: readonly HostSettings[],
  jobs: number,
  signal: AbortSignal,
  onRetry: (why: string) => void,
): Client {
  return createClient({
    hosts,
    credentials: dockerCredentials(process.env, signal),
    send: createSend(hosts, jobs, signal),
    retry: { wait: pause, signal, onRetry },
    now: Date.now,
  })
}
