import type { NodeFile } from '../../cluster/files.ts'
import { mergeFields } from '../compose.ts'
import { configFile } from '../controls/layout.ts'
import type { Contributed } from './tree.ts'

/** The API server's AuthenticationConfiguration: each control sets fields of its own. */
export function authenticationFile(contributions: readonly Contributed[]): NodeFile {
  const sources = contributions.map(({ by, authentication: sets, wins = false }) => ({ by, sets: sets ?? {}, wins }))
  return configFile('authentication.yaml', {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    ...mergeFields('AuthenticationConfiguration', sources),
  })
}
