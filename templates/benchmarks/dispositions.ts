import type { Disposition } from './disposition.ts'

const clientAuthority: Disposition = {
  kind: 'host',
  met: 'The API server believes client certificates of `client-ca` and `kubelet-client-ca` alone; no other trust shares a root with them.',
  where: '`--client-ca-file=/etc/kubernetes/pki/api-clients.crt` of kube-apiserver',
  probes: ['client-certificates'],
}
const ownHostName: Disposition = {
  kind: 'host',
  met: 'The kubelet’s command line has no `--hostname-override`: its node has the host’s name. (kube-proxy’s own flag of that name is another’s.)',
  where: '`/etc/systemd/system/kubelet.service`',
}
const noDropIn: Disposition = {
  kind: 'not-applicable',
  why: 'The kubelet’s unit is one file of ours; kubeadm’s drop-in `kubelet.service.d/10-kubeadm.conf` is on no node. CIS 4.1.1 and 4.1.2 answer for the unit itself.',
}
const proxyKubeconfig: Disposition = {
  kind: 'not-applicable',
  why: 'kube-proxy’s kubeconfig is no file of a node: it is in a ConfigMap and holds no credential, only the path of the token that the kubelet mounts.',
}
const workerSshd: Disposition = { kind: 'organisational', duties: ['sshd'] }
const namespaces: Disposition = { kind: 'organisational', duties: ['namespaces'] }
const people: Disposition = { kind: 'organisational', duties: ['people'] }

/** What no control answers, by item. What is answered by a control stands in that control’s `references`, and not here. */
export const dispositions: Readonly<Record<string, Disposition>> = {
  'CIS 1.2.11': {
    kind: 'not-applicable',
    why: 'AlwaysPullImages asks a registry at every start of a pod, and here is none. What it protects, that nobody runs a cached image without a right to it, is held by admitting images of the bundle only, by digest (CIS 5.5.1).',
  },
  'CIS 1.2.25': clientAuthority,
  'CIS 3.1.1': people,
  'CIS 3.1.2': people,
  'CIS 3.1.3': {
    kind: 'host',
    met: 'There are no bootstrap tokens, for nobody: nodes get their certificates with their files.',
    where: '`--enable-bootstrap-token-auth=false` of kube-apiserver',
  },
  'CIS 4.1.3': proxyKubeconfig,
  'CIS 4.1.4': proxyKubeconfig,
  'CIS 4.2.7': ownHostName,
  'CIS 5.4.2': { kind: 'organisational', duties: ['secrets'] },
  'STIG V-242383': namespaces,
  'STIG V-242393': workerSshd,
  'STIG V-242394': workerSshd,
  'STIG V-242396': {
    kind: 'host',
    met: 'kubectl comes with the bundle and has the version of the cluster; `kubectl cp` was mended in 1.12.9.',
    where: '`/usr/bin/kubectl`, its digest in `redoubt.lock.yaml`',
  },
  'STIG V-242397': {
    kind: 'host',
    met: 'Workers have no `staticPodPath`. Control planes need theirs: the control plane itself runs from it.',
    where: '`/var/lib/kubelet/config.yaml`',
  },
  'STIG V-242404': ownHostName,
  'STIG V-242417': namespaces,
  'STIG V-242419': clientAuthority,
  'STIG V-242443': { kind: 'organisational', duties: ['updates'] },
  'STIG V-242447': proxyKubeconfig,
  'STIG V-242448': proxyKubeconfig,
  'STIG V-242454': noDropIn,
  'STIG V-242455': noDropIn,
  'STIG V-274883': { kind: 'organisational', duties: ['secrets'] },
  'claim: at least two methods': {
    kind: 'host',
    met: 'Client certificates, and where the spec names an identity provider (authentication.oidc) its tokens.',
    where: '`--client-ca-file` and `jwt` of `/etc/kubernetes/apiserver/authentication.yaml`',
    probes: ['two-methods'],
  },
  'claim: continuous monitoring': { kind: 'organisational', duties: ['monitoring', 'audit'] },
  'claim: consistency across clusters': {
    kind: 'host',
    met: 'Rendering takes no clock and no network: the same specification, lock, hosts and certificates give the same bytes, and apply refuses a `rendered/` that differs from them.',
    where: 'the digest `inputs.rendered` of `evidence/results.json`',
  },
  'claim: re-authorize per request': {
    kind: 'host',
    met: 'Every request is authorised anew, and the API server watches RBAC: a binding that is gone counts for nothing within seconds. Kubelets ask again after 5 minutes at most (30 s with the profile stig).',
    where: '`--authorization-mode=Node,RBAC` of kube-apiserver',
    probes: ['rebind-forbidden'],
  },
  'claim: service-mesh mTLS': {
    kind: 'planned',
    why: 'No service mesh comes with the bundle yet: traffic between pods is not encrypted by us, and nothing here claims it.',
  },
  'claim: training, process': {
    kind: 'organisational',
    duties: ['training', 'keys', 'break-glass', 'transfer', 'restore', 'waivers'],
  },
}
