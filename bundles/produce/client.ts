import { resolve } from 'node:path'
import { fail } from '../../lib/errors.ts'
import { readText } from '../../lib/files.ts'
import type { Client } from '../registry/client.ts'
import type { HostSettings } from '../registry/http.ts'
import { openClient } from '../registry/open.ts'
import type { ProduceOptions } from './produce.ts'

/** A client that speaks to registries and other hosts as the spec's `registries` say. Throws `usage` for one named twice. */
export async function clientOf(
  { spec, workspace, connections, signal }: Pick<ProduceOptions, 'spec' | 'workspace' | 'connections' | 'signal'>,
  onRetry: (why: string) => void,
): Promise<Client> {
  const hosts: HostSettings[] = []
  for (const [index, { ca, ...registry }] of spec.registries.entries()) {
    const where = spec.where(['registries', index])
    if (hosts.some((host) => host.host === registry.host)) fail('usage', `${registry.host} is named twice`, { where })
    hosts.push({ ...registry, ...(ca ? { ca: await readText(resolve(workspace, ca), `Named at ${where}.`) } : {}) })
  }
  return openClient(hosts, connections, signal, onRetry)
}
