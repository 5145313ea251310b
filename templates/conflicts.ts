import type { LoadedSpec } from '../cluster/spec.ts'
import { fail } from '../lib/errors.ts'
import { admission } from './conflicts/admission.ts'
import { apiServer } from './conflicts/api-server.ts'
import { audit } from './conflicts/audit.ts'
import { authentication } from './conflicts/authentication.ts'
import { authorization } from './conflicts/authorization.ts'
import { controllers } from './conflicts/controllers.ts'
import { etcd } from './conflicts/etcd.ts'
import { kubelet } from './conflicts/kubelet.ts'
import { kubeletHost } from './conflicts/kubelet-host.ts'
import { type Conflict, type Facts, matches, type Setting } from './conflicts/rule.ts'
import { tls } from './conflicts/tls.ts'
import { undoing, undoingKubelet } from './conflicts/undoing.ts'

/** Judged on every control plane. */
const ofControlPlanes: readonly Conflict[] = [
  ...authentication,
  ...authorization,
  ...admission,
  ...tls,
  ...audit,
  ...apiServer,
  ...controllers,
  ...etcd,
  ...undoing,
]

/** Judged on every node. */
const ofNodes: readonly Conflict[] = [...kubelet, ...kubeletHost, ...undoingKubelet]

/** Every combination that is known to break a cluster. */
export const conflicts: readonly Conflict[] = [...ofControlPlanes, ...ofNodes]

/** The rules that a node's settings break. `off`: controls left out on purpose, which excuse what their `off` is. */
export function broken(facts: Facts, off: readonly string[] = []): Conflict[] {
  const rules = facts.node.role === 'control-plane' ? conflicts : ofNodes
  return rules.filter((rule) => !(rule.excusedBy && off.includes(rule.excusedBy)) && rule.applies(facts))
}

interface Options {
  off: readonly string[]
  force: boolean
  where: LoadedSpec['where']
  /** Called with a sentence for each conflict that `force` lets pass. */
  onForced: (text: string) => void
}

/**
 * Refuses settings that break a cluster: `usage`, naming both settings, where in the spec they stand, and the remedy.
 * What only harms passes with `force` and is told; what stops the cluster never does.
 */
export function refuseConflicts(nodes: readonly Facts[], { off, force, where, onForced }: Options): void {
  for (const facts of nodes)
    for (const rule of broken(facts, off)) {
      const [a, b] = rule.settings.map((setting) => ({ text: describe(setting), at: place(setting, facts, where) }))
      const at = a?.at ?? b?.at ?? `node ${facts.node.name}`
      const both = [a, b].map((one) => `${one?.text}${one?.at && one.at !== at ? ` (${one.at})` : ''}`).join(' and ')
      const message = `${both}: ${rule.why} (conflict ${rule.id})`
      if (!force || rule.stops)
        fail('usage', message, {
          where: at,
          hint: rule.stops ? rule.remedy : `${rule.remedy} \`redoubt render --force\` lets it pass.`,
        })
      onForced(`${at}: ${message}`)
    }
}

/** How a setting is called: `kube-apiserver --anonymous-auth`, `kubelet rotateCertificates`. */
export function describe(setting: Setting): string {
  if ('component' in setting) return `${setting.component} --${setting.flag}`
  if ('kubelet' in setting) return `kubelet ${setting.kubelet}`
  if ('file' in setting) return `${setting.file} ${setting.field}`
  if ('spec' in setting) return ['spec', ...setting.spec].join('.')
  if ('host' in setting) return `hosts.yaml ${setting.host}`
  return setting.object
}

/** Where in the spec a setting stands, if it comes from there. */
function place(setting: Setting, { model }: Facts, where: LoadedSpec['where']): string | undefined {
  const { components } = model.spec
  if ('spec' in setting) return where(['spec', ...setting.spec])
  if ('component' in setting) {
    const flag = Object.keys(components[setting.component].args).find((name) => matches(setting.flag, name))
    return flag && where(['spec', 'components', setting.component, 'args', flag])
  }
  if ('kubelet' in setting) {
    const field = Object.keys(components.kubelet.config).find((name) => matches(setting.kubelet, name))
    return field && where(['spec', 'components', 'kubelet', 'config', field])
  }
  return undefined
}
