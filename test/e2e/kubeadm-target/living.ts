// What runs on a cluster that kubeadm made, beside what our own apply would have put there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configurable } from '../../../cluster/components.ts'
import type { Model } from '../../../cluster/model.ts'
import { parseYaml } from '../../../lib/yaml.ts'
import type { Api } from '../../../scripts/api.ts'
import { labRun } from '../../../scripts/lab/reach.ts'
import { compareManifests } from '../../../templates/kubeadm/compare.ts'
import { kubeadmPlaces } from '../../../templates/kubeadm/target.ts'
import { check, expectSame } from '../harness.ts'
import { expectListed } from './listed.ts'

/** Prints the arguments of the one process whose program is called so, a line each. */
const argumentsOf = (program: string) => `
for p in /proc/[0-9]*; do
  exe=$(readlink "$p/exe" 2>/dev/null) || continue
  [ "\${exe##*/}" != ${program} ] || tr '\\0' '\\n' < "$p/cmdline"
done`

/** Compares static pods, their processes, kubelets and files with `rendered/` of the same workspace. */
export async function checkLiving(folder: string, model: Model, admin: Api): Promise<void> {
  const rendered = (node: string, path: string) =>
    parseYaml(readFileSync(join(folder, 'rendered', node, path), 'utf8'), path).value
  for (const { name: node } of model.controlPlanes) {
    for (const name of configurable) {
      const path = `/etc/kubernetes/manifests/${name}.yaml`
      await check(`${node}: the manifest of ${name} differs from ours as listed, and in nothing else`, async () => {
        const theirs = parseYaml((await labRun(node, `cat ${path}`)).stdout, path).value
        expectListed(name, compareManifests(rendered(node, path), theirs))
      })
      await check(`${node}: the process of ${name} has our arguments but for those listed`, async () => {
        const command = (await labRun(node, argumentsOf(name))).stdout.trim().split('\n')
        const ours = rendered(node, path) as Parameters<typeof compareManifests>[0] & Pod
        const theirs = { ...ours, spec: { ...ours.spec, containers: [{ ...ours.spec.containers[0], command }] } }
        if (command.length < 10) throw new Error(`${command.length} arguments`)
        expectListed(name, compareManifests(ours, theirs), (place) => place.startsWith('--'))
      })
    }
    await check(`${node}: kubeadm knows every certificate, and none is of its own making`, async () => {
      const script = 'kubeadm certs check-expiration --kubeconfig /etc/kubernetes/admin.conf 2>/dev/null'
      const lines = (await labRun(node, script)).stdout.split('\n').filter((line) => / UTC /.test(line))
      if (lines.length < 10) throw new Error(`it lists ${lines.length}`)
      expectSame(lines.filter((line) => !/ yes *$/.test(line)).join('\n'), '', 'not externally managed')
    })
  }
  for (const { name: node } of model.nodes) {
    await check(`${node}: the kubelet runs with every field that we render`, async () => {
      const answer = await admin.get<{ kubeletconfig: object }>(`/api/v1/nodes/${node}/proxy/configz`)
      const { apiVersion: _, kind: __, ...ours } = rendered(node, '/var/lib/kubelet/config.yaml') as Fields
      const live = (answer?.kubeletconfig ?? {}) as Fields
      const other = differing(ours, live)
      expectSame(other.join(', '), '', 'fields that differ')
      expectSame(String(live.staticPodPath ?? ''), String(ours.staticPodPath ?? ''), 'staticPodPath')
    })
    await check(
      `${node}: no key of the super-admin, no file of a token, nothing of kubeadm open to others`,
      async () => {
        const { config, key } = kubeadmPlaces.superAdmin
        const script = `ls ${config} ${key} /etc/kubernetes/bootstrap-kubelet.conf 2>/dev/null || :
        find /etc/kubernetes /var/lib/kubelet/config.yaml -type f ! -name '*.crt' ! -name '*.pub' -perm /077`
        expectSame((await labRun(node, script)).stdout, '', 'found there')
      },
    )
  }
}

type Fields = Record<string, unknown>
interface Pod {
  spec: { containers: object[] }
}

/** Dotted paths of what `live` has otherwise than `ours`; what is zero may be left out. */
function differing(ours: Fields, live: Fields, prefix = ''): string[] {
  return Object.entries(ours).flatMap(([field, value]) => {
    const path = `${prefix}${field}`
    const found = live[field]
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return differing(value as Fields, (found ?? {}) as Fields, `${path}.`)
    return JSON.stringify(found ?? (value === 0 ? 0 : undefined)) === JSON.stringify(value) ? [] : [path]
  })
}
