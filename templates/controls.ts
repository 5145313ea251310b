import type { Control } from './control.ts'
import {
  admissionPlugins,
  eventRateLimit,
  frontProxyTrust,
  kubeletVerification,
  noAlphaFeatures,
  requestLimits,
} from './controls/apiserver.ts'
import { auditLog } from './controls/audit.ts'
import { auditWebhook } from './controls/audit-webhook.ts'
import { anonymousLimited, kubeletAuthentication, tokenAuthentication } from './controls/authentication.ts'
import { authorizationRbac, nodeRestriction } from './controls/authorization.ts'
import { containerdClosed } from './controls/containerd-closed.ts'
import { controllerCredentials, loopbackOnly, podGc, proxyLoopback } from './controls/controllers.ts'
import { encryptionAtRest } from './controls/encryption.ts'
import { etcdClientAuth, etcdPeerAuth } from './controls/etcd-client-auth.ts'
import { etcdOwnUser } from './controls/etcd-own-user.ts'
import { kubeletReadonlyPort, profilingOff } from './controls/exposure.ts'
import { fileAccess } from './controls/file-access.ts'
import { hostFirewall } from './controls/host-firewall.ts'
import { hostSshd } from './controls/host-sshd.ts'
import { imageProvenance } from './controls/image-provenance.ts'
import { kernelDefaults, kubeletHandlers, kubeletLimits, kubeletRotation } from './controls/kubelet.ts'
import { namespaceLimits, namespaceQuota, noDefaultToken } from './controls/objects/bounds.ts'
import { externalIps } from './controls/objects/external-ips.ts'
import { networkPolicies } from './controls/objects/network-policies.ts'
import { personaRoles } from './controls/objects/persona-roles.ts'
import { secretEnv } from './controls/objects/secret-env.ts'
import { systemMasters } from './controls/objects/system-masters.ts'
import { oidc } from './controls/oidc.ts'
import { podSecurity } from './controls/pod-security.ts'
import { apiserverTls, etcdTls, kubeletTls } from './controls/tls.ts'

/** Every control, in the order in which its arguments appear and in which reports show it. */
export const controls: readonly Control[] = [
  apiserverTls,
  kubeletTls,
  etcdTls,
  anonymousLimited,
  tokenAuthentication,
  oidc,
  kubeletAuthentication,
  etcdClientAuth,
  authorizationRbac,
  nodeRestriction,
  podSecurity,
  encryptionAtRest,
  auditLog,
  auditWebhook,
  imageProvenance,
  namespaceQuota,
  namespaceLimits,
  networkPolicies,
  noDefaultToken,
  personaRoles,
  externalIps,
  systemMasters,
  secretEnv,
  profilingOff,
  kubeletReadonlyPort,
  etcdPeerAuth,
  etcdOwnUser,
  kubeletVerification,
  frontProxyTrust,
  admissionPlugins,
  eventRateLimit,
  requestLimits,
  noAlphaFeatures,
  controllerCredentials,
  loopbackOnly,
  proxyLoopback,
  podGc,
  kubeletLimits,
  kubeletHandlers,
  kernelDefaults,
  kubeletRotation,
  fileAccess,
  hostFirewall,
  hostSshd,
  containerdClosed,
]

export const controlIds: readonly string[] = controls.map((control) => control.id)
