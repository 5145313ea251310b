import type { Probe } from './probe.ts'
import { attestedProbes } from './probes/attested.ts'
import { auditProbes } from './probes/audit.ts'
import { authorizationProbes } from './probes/authorization.ts'
import { confinementProbes } from './probes/confinement.ts'
import { encryptionProbes } from './probes/encryption.ts'
import { etcdProbes } from './probes/etcd.ts'
import { identityProbes } from './probes/identity.ts'
import { kubeletProbes } from './probes/kubelet.ts'
import { loopbackTlsProbes } from './probes/loopback-tls.ts'
import { portProbes } from './probes/ports.ts'
import { settingProbes } from './probes/settings.ts'
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
  ...authorizationProbes,
  ...workloadProbes,
  ...confinementProbes,
  ...etcdProbes,
  ...encryptionProbes,
  ...auditProbes,
  ...kubeletProbes,
  ...settingProbes,
  ...attestedProbes,
  ...portProbes,
  ...worksProbes,
]
