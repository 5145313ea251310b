import type { NodeFile } from '../../cluster/files.ts'
import { writeYaml } from '../../lib/yaml.ts'

/** Where the API server reads its configuration files; mounted into its pod as a whole. */
export const configFolder = '/etc/kubernetes/apiserver'

/** Who may ask without credentials, and whose tokens are believed. */
export const authenticationPath = `${configFolder}/authentication.yaml`

/** A configuration file of the API server: text for root alone. */
export function configFile(name: string, value: unknown): NodeFile {
  return configText(name, writeYaml(value))
}

/** The same, of text that is written already. */
export function configText(name: string, text: string): NodeFile {
  return {
    path: `${configFolder}/${name}`,
    mode: 0o600,
    owner: 'root:root',
    content: { kind: 'text', text },
    restarts: [],
    manage: 'always',
  }
}
