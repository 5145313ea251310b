import type { Apis } from '../run.ts'

interface PodList {
  items?: {
    metadata?: { name?: string; annotations?: Record<string, string> }
    status?: {
      containerStatuses?: { containerID?: string; ready?: boolean; state?: { waiting?: { reason?: string } } }[]
    }
  }[]
}

/** Where the kubelet has a pod from: `file` or `api` (kubelet/types/pod_update.go). */
const source = 'kubernetes.io/config.source'

export interface StaticPodState {
  /** Id of its container; empty while there is none. */
  id: string
  ready: boolean
  /** The kubelet waits before it starts it again, because it ended too often: up to five minutes. */
  backingOff: boolean
}

/**
 * The static pods of a node as its kubelet sees them, by name (`etcd`). The kubelet is asked through the API server: the mirror
 * pods that the API server itself holds can be a minute old. Throws `failed` when either does not answer.
 */
export async function staticPods(apis: Apis, node: string): Promise<Map<string, StaticPodState>> {
  const list = await apis.admin.get<PodList>(`/api/v1/nodes/${node}/proxy/pods`, { timeout: 3000 })
  return new Map(
    (list?.items ?? [])
      .filter((pod) => pod.metadata?.annotations?.[source] === 'file')
      .map((pod) => {
        const status = pod.status?.containerStatuses?.[0]
        const name = (pod.metadata?.name ?? '').replace(new RegExp(`-${node}$`), '')
        const backingOff = status?.state?.waiting?.reason === 'CrashLoopBackOff'
        return [name, { id: status?.containerID ?? '', ready: status?.ready === true, backingOff }]
      }),
  )
}

/**
 * Undefined when the kubelet of a node has heard of the pods that the API server gives it, else what is awaited. A kubelet that was
 * started a moment ago has not, and then overlooks for good that a manifest was taken away (kubelet.go, deletePod). Throws
 * `failed` when either does not answer.
 */
export async function kubeletDeaf(apis: Apis, node: string): Promise<string | undefined> {
  const query = `/api/v1/pods?fieldSelector=spec.nodeName%3D${node}`
  const [given, heard] = await Promise.all([
    apis.admin.get<PodList>(query, { timeout: 3000 }),
    apis.admin.get<PodList>(`/api/v1/nodes/${node}/proxy/pods`, { timeout: 3000 }),
  ])
  const isMirror = (annotations: Record<string, string> = {}) => 'kubernetes.io/config.mirror' in annotations
  const any = given?.items?.some((pod) => !isMirror(pod.metadata?.annotations))
  const some = heard?.items?.some((pod) => pod.metadata?.annotations?.[source] === 'api')
  return any && !some ? 'the kubelet to hear of its pods' : undefined
}
