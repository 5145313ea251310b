import type { Probe } from './probe.ts'
import { admissionProbes } from './probes/admission.ts'
import { attestedProbes } from './probes/attested.ts'
import { auditProbes } from './probes/audit.ts'
import { auditWebhookProbes } from './probes/audit-webhook.ts'
import { authorizationProbes } from './probes/authorization.ts'
import { confinementProbes } from './probes/confinement.ts'
import { containerdProbes } from './probes/containerd.ts'
import { encryptionProbes } from './probes/encryption.ts'
import { etcdProbes } from './probes/etcd.ts'
import { etcdUserProbes } from './probes/etcd-user.ts'
import { firewallProbes } from './probes/firewall.ts'
import { hostProbes } from './probes/host.ts'
import { identityProbes } from './probes/identity.ts'
import { kubeletProbes } from './probes/kubelet.ts'
import { loopbackTlsProbes } from './probes/loopback-tls.ts'
import { boundsProbes } from './probes/objects/bounds.ts'
import { defaultTokenProbes } from './probes/objects/default-token.ts'
import { networkProbes } from './probes/objects/network.ts'
import { personaProbes } from './probes/objects/personas.ts'
import { policyProbes } from './probes/objects/policies.ts'
import { oidcProbes } from './probes/oidc.ts'
import { portProbes } from './probes/ports.ts'
import { rebindProbes } from './probes/rebind.ts'
import { settingProbes } from './probes/settings.ts'
import { sshdProbes } from './probes/sshd.ts'
import { tlsProbes } from './probes/tls.ts'
import { tokenProbes } from './probes/tokens.ts'
import { workloadProbes } from './probes/workloads.ts'
import { worksProbes } from './probes/works.ts'

/** Every probe. Reports group them; the order within a group is this one. */
export const probes: readonly Probe[] = [
  ...tlsProbes,
  ...loopbackTlsProbes,
  ...identityProbes,
  ...tokenProbes,
  ...oidcProbes,
  ...authorizationProbes,
  ...rebindProbes,
  ...workloadProbes,
  ...admissionProbes,
  ...personaProbes,
  ...boundsProbes,
  ...networkProbes,
  ...defaultTokenProbes,
  ...policyProbes,
  ...confinementProbes,
  ...etcdProbes,
  ...etcdUserProbes,
  ...encryptionProbes,
  ...auditProbes,
  ...auditWebhookProbes,
  ...kubeletProbes,
  ...hostProbes,
  ...settingProbes,
  ...attestedProbes,
  ...portProbes,
  ...firewallProbes,
  ...sshdProbes,
  ...containerdProbes,
  ...worksProbes,
]
