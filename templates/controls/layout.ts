import type { NodeFile } from '../../cluster/files.ts'
import { writeYaml } from '../../lib/yaml.ts'

/** Where the API server reads its configuration files; mounted into its pod as a whole. */
export const configFolder = '/etc/kubernetes/apiserver'

/** A configuration file of the API server: text for root alone. */
export function configFile(name: string, value: unknown): NodeFile {
  return {
    path: `${configFolder}/${name}`,
    mode: 0o600,
    owner: 'root:root',
    content: { kind: 'text', text: writeYaml(value) },
    restarts: [],
    manage: 'always',
  }
}
