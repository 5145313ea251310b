// The programs of a Kubernetes version as the catalogue builds them: from the cache where a bundle or an earlier run left them.
import { availableParallelism } from 'node:os'
import { type Cache, cachedPath } from '../../../bundles/cache.ts'
import { catalogFor } from '../../../bundles/catalog.ts'
import { compiledFrom, planBuild } from '../../../bundles/produce/programs.ts'
import { buildPrograms } from '../../../bundles/sources/go.ts'
import type { ComponentName } from '../../../cluster/components.ts'
import { hostArchitecture } from '../../../lib/machine.ts'

const started: readonly ComponentName[] = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubeadm',
  'etcd',
]

/** By version, then by name: where each program lies. */
export type Programs = Record<string, Record<string, string>>

/** Builds Kubernetes and etcd of a version, or finds them in the cache. Throws `failed` with the compiler's words. */
export async function buildVersion(
  cache: Cache,
  version: string,
): Promise<{ compiled: boolean; programs: Programs[string] }> {
  const catalog = catalogFor(version, 'routes')
  const { signal } = new AbortController()
  const programs: Programs[string] = {}
  let compiled = false
  for (const wrapper of ['kubernetes', 'etcd']) {
    const options = {
      cache,
      catalog,
      architecture: hostArchitecture(),
      pins: undefined,
      moving: new Set<string>(),
      signal,
    }
    const build = await planBuild({ ...options, jobs: availableParallelism() }, wrapper)
    const built = await buildPrograms(cache, build, () => {}, signal)
    compiled ||= !built.cached
    for (const { name, origin } of compiledFrom(catalog, wrapper)) {
      const blob = built.programs[origin.package]
      if (blob && started.includes(name)) programs[name] = cachedPath(cache, blob.digest)
    }
  }
  return { compiled, programs }
}
