import type { Control } from './control.ts'
import { auditLog } from './controls/audit.ts'
import { anonymousLimited, kubeletAuthentication, tokenAuthentication } from './controls/authentication.ts'
import { authorizationRbac, nodeRestriction } from './controls/authorization.ts'
import { encryptionAtRest } from './controls/encryption.ts'
import { etcdClientAuth } from './controls/etcd-client-auth.ts'
import { kubeletReadonlyPort, profilingOff } from './controls/exposure.ts'
import { imageProvenance } from './controls/image-provenance.ts'
import { podSecurity } from './controls/pod-security.ts'
import { apiserverTls, etcdTls, kubeletTls } from './controls/tls.ts'

/** Every control, in the order in which its arguments appear and in which reports show it. */
export const controls: readonly Control[] = [
  apiserverTls,
  kubeletTls,
  etcdTls,
  anonymousLimited,
  tokenAuthentication,
  kubeletAuthentication,
  etcdClientAuth,
  authorizationRbac,
  nodeRestriction,
  podSecurity,
  encryptionAtRest,
  auditLog,
  imageProvenance,
  profilingOff,
  kubeletReadonlyPort,
]

export const controlIds: readonly string[] = controls.map((control) => control.id)
