import type { ImageName } from '../../cluster/components.ts'
import { imageReference, type Lock } from '../../cluster/lock.ts'
import { type KubeObject, objectName } from '../../cluster/objects.ts'
import { fail } from '../../lib/errors.ts'
import type { Site } from '../control.ts'
import { grants } from '../controls/objects/persona-roles.ts'
import type { Contributed } from '../node/tree.ts'
import { cilium } from './cilium.ts'
import { coredns } from './coredns.ts'
import { kubeProxy } from './kube-proxy.ts'
import { kubeadmConfig } from './kubeadm.ts'
import { namespaces } from './namespaces.ts'
import { nodeLabels } from './nodes.ts'
import { rbac } from './rbac.ts'
import { verifier } from './verifier.ts'

/** The group that apply keeps back until verify has passed for this rendering. */
export const grantGroup = 'grants'

/** The group that stands for what `kubeadm init` uploads. */
export const kubeadmGroup = 'kubeadm'

/** Objects that are applied together; `nodes` waits until every node has registered. */
export interface ObjectGroup {
  name: string
  objects: KubeObject[]
}

/** The objects of the cluster in the order in which they are applied. Throws when two have one name. */
export function objectGroups(site: Site, contributions: readonly Contributed[]): ObjectGroup[] {
  const { model, lock } = site
  const byTag = contributions.flatMap((contribution) => contribution.byTag ?? [])
  const image = (name: ImageName) => (byTag.includes(name) ? taggedImage(lock, name) : imageReference(lock, name))
  const groups: ObjectGroup[] = [
    { name: 'rbac', objects: rbac() },
    { name: 'namespaces', objects: namespaces(model) },
    { name: kubeadmGroup, objects: kubeadmConfig(model, contributions) },
    { name: 'policies', objects: contributions.flatMap((contribution) => contribution.objects ?? []) },
    { name: 'kube-proxy', objects: kubeProxy(model, image('kube-proxy'), contributions) },
    { name: 'cilium', objects: model.network.provider === 'cilium' ? cilium(model, image) : [] },
    { name: 'coredns', objects: coredns(model, image('coredns')) },
    { name: 'verifier', objects: verifier() },
    { name: 'nodes', objects: nodeLabels(model) },
    { name: grantGroup, objects: grants(model) },
  ]
  const seen = new Set<string>()
  for (const object of groups.flatMap((group) => group.objects)) {
    const name = objectName(object)
    if (seen.has(name)) throw new Error(`${name} is rendered twice`)
    seen.add(name)
  }
  return groups.filter((group) => group.objects.length > 0)
}

function taggedImage(lock: Lock, name: ImageName): string {
  return lock.components[name]?.image?.name ?? fail('usage', `redoubt.lock.yaml holds no image of ${name}`)
}
