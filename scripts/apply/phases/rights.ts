import type { KubeObject } from '../../../cluster/objects.ts'
import { objectName } from '../../../cluster/objects.ts'
import { fail } from '../../../lib/errors.ts'
import type { Api } from '../../api.ts'
import { settleAll } from '../../ssh/settle.ts'
import type { Apply, Phase } from '../run.ts'
import { waitUntil } from '../wait.ts'

/** What makes the operator's everyday identity an administrator; everything else is then done as that one. */
export const rights: Phase = {
  title: 'Bind the administrator',
  plan: async (apply) => {
    if (apply.dryRun && (await apply.api.superAdmin.notReady()) !== undefined) return []
    if (await mayAll(apply.api.admin)) return []
    return bindings(apply).map((object) => ({
      node: 'cluster',
      verb: 'bind',
      what: objectName(object),
      why: 'the administrator has no rights yet',
    }))
  },
  run: async (apply) => {
    const { signal } = apply.context
    await settleAll(bindings(apply), (object) => apply.api.superAdmin.apply(object, { signal }))
    const awaited = await waitUntil(
      async () => ((await mayAll(apply.api.admin)) ? undefined : 'the rights of the administrator'),
      { limit: 30_000, every: 50, signal },
    )
    if (awaited !== undefined)
      fail('failed', 'the administrator’s certificate has no rights, though its group is bound', {
        where: apply.api.admin.url,
        hint: 'Run `redoubt pki check`, then see the ClusterRoleBinding kubeadm:cluster-admins.',
      })
  },
}

function bindings({ objects }: Apply): KubeObject[] {
  return objects
    .flatMap((group) => group.objects)
    .filter((object) => object.kind === 'ClusterRoleBinding' && roleOf(object) === 'cluster-admin')
}

function roleOf(object: KubeObject): unknown {
  return (object.roleRef as { name?: unknown } | undefined)?.name
}

/** Asks the API server whether this identity may do everything. */
async function mayAll(api: Api): Promise<boolean> {
  const attributes = { verb: '*', group: '*', resource: '*' }
  const { body } = await api.request('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    method: 'POST',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: attributes },
    },
  })
  return (body as { status?: { allowed?: boolean } } | undefined)?.status?.allowed === true
}
