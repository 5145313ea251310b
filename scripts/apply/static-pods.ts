import type { Apis } from './run.ts'

interface PodList {
  items?: {
    metadata?: { name?: string; annotations?: Record<string, string> }
    status?: { containerStatuses?: { containerID?: string; ready?: boolean }[] }
  }[]
}

export interface StaticPodState {
  /** Id of its container; empty while there is none. */
  id: string
  ready: boolean
}

/**
 * The static pods of a node as its kubelet sees them, by name (`etcd`). The kubelet is asked through the API server: the mirror
 * pods that the API server itself holds can be a minute old. Throws `failed` when either does not answer.
 */
export async function staticPods(apis: Apis, node: string): Promise<Map<string, StaticPodState>> {
  const list = await apis.admin.get<PodList>(`/api/v1/nodes/${node}/proxy/pods`, { timeout: 3000 })
  return new Map(
    (list?.items ?? [])
      .filter((pod) => pod.metadata?.annotations?.['kubernetes.io/config.source'] === 'file')
      .map((pod) => {
        const status = pod.status?.containerStatuses?.[0]
        const name = (pod.metadata?.name ?? '').replace(new RegExp(`-${node}$`), '')
        return [name, { id: status?.containerID ?? '', ready: status?.ready === true }]
      }),
  )
}
