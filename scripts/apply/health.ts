import type { NodeModel } from '../../cluster/model.ts'
import { type KubeObject, objectName, objectPath } from '../../cluster/objects.ts'
import { fail } from '../../lib/errors.ts'
import type { Api } from '../api.ts'
import { staticPods } from './on-node/static-pods.ts'
import type { Apply } from './run.ts'
import { waitUntil } from './wait.ts'

/** Milliseconds that nodes and workloads have to become ready. */
const limit = 330_000

/** Waits until every node is Ready and every rendered workload runs as rendered; changes nothing. Throws `failed` naming the rest. */
export async function waitHealthy(apply: Apply): Promise<void> {
  const { signal, out } = apply.context
  const workloads = apply.objects
    .flatMap((group) => group.objects)
    .filter((object) => object.kind === 'DaemonSet' || object.kind === 'Deployment')
  await out.step('Wait for nodes and workloads', async (report) => {
    let last = ''
    const status = (text: string) => {
      report.status(text)
      if (text !== last) out.debug(text)
      last = text
    }
    const awaited = await waitUntil(() => unhealthy(apply, workloads), {
      limit,
      every: 200,
      signal,
      status,
    })
    if (awaited !== undefined)
      fail('failed', `after ${limit / 1000} s still waiting for ${awaited}`, {
        where: apply.api.admin.url,
        hint: 'See `journalctl -u kubelet` and /var/log/pods on the node; then run again.',
      })
    report.detail(`${apply.nodes.length} nodes Ready, ${workloads.map((object) => object.metadata.name).join(', ')}`)
  })
}

async function unhealthy(apply: Apply, workloads: readonly KubeObject[]): Promise<string | undefined> {
  const { admin } = apply.api
  try {
    const found = await Promise.all([
      ...apply.nodes.map(({ node }) => nodeProblem(admin, node.name)),
      ...apply.model.controlPlanes.map((node) => podProblem(apply, node)),
      ...workloads.map((object) => workloadProblem(admin, object)),
    ])
    const awaited = found.filter((text) => text !== undefined)
    return awaited.length === 0 ? undefined : awaited.join(', ')
  } catch {
    return 'the API server'
  }
}

async function nodeProblem(api: Api, name: string): Promise<string | undefined> {
  const node = await api.get<{ status?: { conditions?: { type: string; status: string; message?: string }[] } }>(
    `/api/v1/nodes/${name}`,
  )
  const ready = node?.status?.conditions?.find((condition) => condition.type === 'Ready')
  return ready?.status === 'True' ? undefined : `node ${name} (${ready?.message ?? 'not registered'})`
}

/** The static pods of a control plane, as its kubelet sees them. */
async function podProblem(apply: Apply, node: NodeModel): Promise<string | undefined> {
  const pods = await staticPods(apply.at(node), node.name)
  const down = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].filter(
    (name) => !pods.get(name)?.ready,
  )
  return down.length === 0 ? undefined : `${down.join(', ')} on ${node.name}`
}

interface Workload {
  metadata: { generation?: number }
  spec?: { replicas?: number }
  status?: Record<string, number | undefined>
}

/** As `kubectl rollout status` judges (kubectl/pkg/polymorphichelpers/rollout_status.go). */
async function workloadProblem(api: Api, object: KubeObject): Promise<string | undefined> {
  const found = await api.get<Workload>(objectPath(object))
  const status = found?.status ?? {}
  const isSet = object.kind === 'DaemonSet'
  const wanted = isSet ? status.desiredNumberScheduled : found?.spec?.replicas
  const updated = isSet ? status.updatedNumberScheduled : status.updatedReplicas
  const ready = isSet ? status.numberAvailable : status.availableReplicas
  if (
    found &&
    (status.observedGeneration ?? 0) >= (found.metadata.generation ?? 1) &&
    wanted !== undefined &&
    (wanted > 0 || !isSet) &&
    (updated ?? 0) >= wanted &&
    (ready ?? 0) >= wanted &&
    (isSet || (status.replicas ?? 0) <= wanted)
  )
    return undefined
  return `${objectName(object)} (${ready ?? 0} of ${wanted ?? '?'} ready)`
}
