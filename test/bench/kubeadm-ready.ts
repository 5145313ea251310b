import { setTimeout as sleep } from 'node:timers/promises'
import type { Model } from '../../cluster/model.ts'
import type { Api } from '../../scripts/api.ts'

/** Milliseconds: how long it may take, and between two looks. */
const limit = 240_000
const every = 100

/** Resolves when every node is Ready, and kube-proxy and CoreDNS run in full. Throws after four minutes. */
export async function untilReady(api: Api, model: Model): Promise<void> {
  const end = performance.now() + limit
  for (;;) {
    const awaited = await missing(api, model).catch(() => 'the API server')
    if (awaited === undefined) return
    if (performance.now() > end) throw new Error(`still waiting for ${awaited}`)
    await sleep(every)
  }
}

interface Found {
  metadata: { generation?: number }
  spec?: { replicas?: number }
  status?: { conditions?: { type: string; status: string }[] } & Record<string, unknown>
}

async function missing(api: Api, model: Model): Promise<string | undefined> {
  const apps = '/apis/apps/v1/namespaces/kube-system'
  const [proxy, dns, ...nodes] = await Promise.all([
    api.get<Found>(`${apps}/daemonsets/kube-proxy`),
    api.get<Found>(`${apps}/deployments/coredns`),
    ...model.nodes.map((node) => api.get<Found>(`/api/v1/nodes/${node.name}`)),
  ])
  const ready = (node: Found | undefined) =>
    node?.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True')
  if (!nodes.every(ready)) return 'a node'
  if (proxy?.status?.numberAvailable !== nodes.length) return 'kube-proxy'
  if (dns?.status?.availableReplicas !== dns?.spec?.replicas || !dns) return 'CoreDNS'
  return undefined
}
