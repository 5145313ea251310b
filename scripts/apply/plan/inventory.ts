import { type KubeObject, kinds, objectName, objectPath } from '../../../cluster/objects.ts'
import { byCodeUnit } from '../../../lib/files.ts'
import { type Api, fieldManager } from '../../api.ts'

/** Where the cluster keeps which objects were applied: so one that is no longer rendered can be taken away. */
const metadata = { name: 'redoubt-inventory', namespace: 'kube-system' }

/** Kinds that are never taken away: with a namespace goes what others put into it, and a node is a host. */
const kept: readonly string[] = ['Namespace', 'Node']

/** The inventory of these objects, as an object. One line each: `apps/v1 Deployment kube-system coredns`. */
export function inventoryOf(objects: readonly KubeObject[]): KubeObject {
  const lines = objects.map((object) => {
    const { name, namespace = '-' } = object.metadata
    return `${object.apiVersion} ${object.kind} ${namespace} ${name}\n`
  })
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { objects: [...new Set(lines)].sort(byCodeUnit).join('') },
  }
}

/** The objects that a live inventory lists, as far as they are of kinds we render; empty when there is none. */
export function readInventory(live: KubeObject | undefined): KubeObject[] {
  const text = (live?.data as { objects?: unknown } | undefined)?.objects
  if (typeof text !== 'string') return []
  return text.split('\n').flatMap((line) => {
    const [, apiVersion = '', kind = '', namespace = '', name = ''] = /^(\S+) (\S+) (\S+) (\S+)$/.exec(line) ?? []
    if (!Object.hasOwn(kinds, kind)) return []
    return [{ apiVersion, kind, metadata: namespace === '-' ? { name } : { name, namespace } }]
  })
}

/**
 * The objects that were applied once and are no longer rendered. Only what our own field manager made is among them, whatever
 * somebody wrote into the inventory.
 */
export async function staleObjects(api: Api, rendered: readonly KubeObject[]): Promise<KubeObject[]> {
  const wanted = new Set(rendered.map(objectPath))
  const listed = readInventory(await api.get(objectPath(inventoryOf([]))))
  const gone = listed.filter((object) => !wanted.has(objectPath(object)) && !kept.includes(object.kind))
  const found = await Promise.all(gone.map((object) => api.get(objectPath(object))))
  return gone.filter((_, index) => isOurs(found[index]))
}

function isOurs(live: KubeObject | undefined): boolean {
  const fields = (live?.metadata as { managedFields?: { manager?: string; operation?: string }[] } | undefined)
    ?.managedFields
  return fields?.some((entry) => entry.manager === fieldManager && entry.operation === 'Apply') === true
}

/** For people and plans. */
export const inventoryName = objectName(inventoryOf([]))
