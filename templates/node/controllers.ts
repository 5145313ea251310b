import { paths, ports } from '../../cluster/components.ts'
import { imageReference } from '../../cluster/lock.ts'
import type { Args, Site } from '../control.ts'
import { trustPaths } from './control-plane-files.ts'
import type { StaticPod } from './static-pod.ts'

const { pki } = paths

/** Arguments that the controller manager and the scheduler share: own identity, own port on loopback. */
function common(name: 'controller-manager' | 'scheduler', port: number): Args {
  const config = `${paths.kubernetes}/${name}.conf`
  return {
    'authentication-kubeconfig': config,
    'authorization-kubeconfig': config,
    'client-ca-file': trustPaths.apiClients,
    kubeconfig: config,
    'leader-elect': 'true',
    'requestheader-client-ca-file': trustPaths.frontProxy,
    'requestheader-allowed-names': 'front-proxy-client',
    'secure-port': String(port),
    'tls-cert-file': `${pki}/${name}-serving.crt`,
    'tls-private-key-file': `${pki}/${name}-serving.key`,
  }
}

/** Node networks are ours (each node's CNI configuration), so none are allocated here. */
export function controllerManagerArgs({ model }: Site): Args {
  return {
    ...common('controller-manager', ports.controllerManager),
    'allocate-node-cidrs': 'false',
    'cluster-name': model.name,
    // Signs for kubelets alone; no other signer of the CSR API has a key here.
    'cluster-signing-kubelet-client-cert-file': `${pki}/kubelet-client-ca.crt`,
    'cluster-signing-kubelet-client-key-file': `${pki}/kubelet-client-ca.key`,
    'cluster-signing-duration': '2160h',
    // Upstream's 20 requests a second hold up its own start by 3 to 4 s: one account a controller is made through them.
    'kube-api-burst': '200',
    'kube-api-qps': '100',
    'root-ca-file': trustPaths.servers,
    'service-account-private-key-file': `${pki}/sa.key`,
  }
}

export function schedulerArgs(): Args {
  return { ...common('scheduler', ports.scheduler), 'authentication-tolerate-lookup-failure': 'false' }
}

export function controllerManagerPod({ lock }: Site, args: string[]): StaticPod {
  return {
    ...pod('controller-manager', ports.controllerManager, args),
    image: imageReference(lock, 'kube-controller-manager'),
    cpu: '200m',
    inputs: [
      `${paths.kubernetes}/controller-manager.conf`,
      `${pki}/controller-manager.key`,
      `${pki}/sa.key`,
      trustPaths.servers,
    ],
  }
}

export function schedulerPod({ lock }: Site, args: string[]): StaticPod {
  return {
    ...pod('scheduler', ports.scheduler, args),
    image: imageReference(lock, 'kube-scheduler'),
    cpu: '100m',
    inputs: [`${paths.kubernetes}/scheduler.conf`, `${pki}/scheduler.key`],
  }
}

function pod(name: 'controller-manager' | 'scheduler', port: number, args: string[]) {
  const probe = (path: string) => ({ path, port, host: '127.0.0.1', scheme: 'HTTPS' as const })
  return {
    name: `kube-${name}`,
    args,
    mounts: [
      { name: 'k8s-certs', path: pki, readOnly: true },
      { name: 'kubeconfig', path: `${paths.kubernetes}/${name}.conf`, readOnly: true, file: true },
    ],
    startup: probe('/healthz'),
    liveness: probe('/healthz'),
    readiness: probe('/healthz'),
  }
}
