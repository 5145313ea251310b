import type { Probe } from './probe.ts'
import { admissionProbes } from './probes/admission.ts'
import { attestedProbes } from './probes/attested.ts'
import { authorizationProbes } from './probes/authorization.ts'
import { confinementProbes } from './probes/confinement.ts'
import { auditProbes } from './probes/data/audit.ts'
import { auditWebhookProbes } from './probes/data/audit-webhook.ts'
import { encryptionProbes } from './probes/data/encryption.ts'
import { etcdProbes } from './probes/data/etcd.ts'
import { etcdUserProbes } from './probes/data/etcd-user.ts'
import { identityProbes } from './probes/identity/identity.ts'
import { oidcProbes } from './probes/identity/oidc.ts'
import { tokenProbes } from './probes/identity/tokens.ts'
import { loopbackTlsProbes } from './probes/loopback-tls.ts'
import { containerdProbes } from './probes/nodes/containerd.ts'
import { firewallProbes } from './probes/nodes/firewall.ts'
import { hostProbes } from './probes/nodes/host.ts'
import { kubeletProbes } from './probes/nodes/kubelet.ts'
import { portProbes } from './probes/nodes/ports.ts'
import { settingProbes } from './probes/nodes/settings.ts'
import { sshdProbes } from './probes/nodes/sshd.ts'
import { boundsProbes } from './probes/objects/bounds.ts'
import { defaultTokenProbes } from './probes/objects/default-token.ts'
import { networkProbes } from './probes/objects/network.ts'
import { personaProbes } from './probes/objects/personas.ts'
import { policyProbes } from './probes/objects/policies.ts'
import { rebindProbes } from './probes/rebind.ts'
import { tlsProbes } from './probes/tls.ts'
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
