// Two hosts of the lab on which a cluster is set up, again and again: with packages, programs and images there, and nothing else.
import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { binaryPaths, paths } from '../../cluster/components.ts'
import { run } from '../../lib/exec.ts'
import { writeYaml } from '../../lib/yaml.ts'
import { hostPlaces, labPlaces } from '../../scripts/lab/places.ts'
import { labRun } from '../../scripts/lab/reach.ts'
import { findHost } from '../../scripts/lab/table.ts'
import { checkout, workspace } from '../e2e/harness.ts'

export const controlPlane = findHost('bench1')
export const worker = findHost('bench2')
export const pair = [controlPlane, worker] as const
const names = pair.map((host) => host.name)
const program = join(checkout, 'redoubt')
const archive = join(workspace, 'lab-0.1.0.tar')
const publicKey = join(workspace, 'bundle.pub')

/** `redoubt apply` of the pair's workspace; resolves with what it said of its steps. */
export async function redoubtApply(folder: string): Promise<string> {
  const { stderr } = await run([program, '-w', folder, 'apply', '--bundle', archive, '--key', publicKey])
  return stderr
}

/** Makes the two hosts anew and fills a folder with their workspace, for the bundle that `npm run e2e` built; applies once. */
export async function makePair(folder: string): Promise<void> {
  if (!existsSync(archive)) throw new Error(`${archive} is missing: npm run e2e makes it`)
  await deletePair()
  await run([program, 'lab', 'up', ...names])
  writeFileSync(join(folder, 'redoubt.yaml'), writeYaml(spec()))
  copyFileSync(join(workspace, 'redoubt.lock.yaml'), join(folder, 'redoubt.lock.yaml'))
  await run([program, '-w', folder, 'pki', 'init'])
  await surveyPair(folder)
  await redoubtApply(folder)
  // Workers of ours have no kubeadm.
  copyFileSync(onHost(controlPlane.name, binaryPaths.kubeadm), onHost(worker.name, binaryPaths.kubeadm))
}

/** Survey and render, each time: a lab whose sinkhole came or went has other routes than before. */
export async function surveyPair(folder: string): Promise<void> {
  await run([program, '-w', folder, 'survey', '--accept-host-keys'])
  await run([program, '-w', folder, 'render'])
}

/** Deletes the two hosts. */
export async function deletePair(): Promise<void> {
  await run([program, 'lab', 'down', '--delete', ...names])
}

/** Takes the cluster off both hosts; programs, packages, units and images stay, and containerd goes on running. */
export async function wipePair(): Promise<void> {
  await Promise.all(names.map((name) => labRun(name, wipeScript)))
}

const wipeScript = `
systemctl stop kubelet
kubeadm reset --force --cri-socket unix://${paths.containerdSocket} >/dev/null 2>&1
[ -z "$(ctr -n k8s.io containers ls -q)" ]
rm -rf ${paths.kubernetes} /var/lib/etcd ${paths.kubeletData} ${paths.state} /var/lib/cni /var/log/pods /var/log/containers
rm -rf /etc/systemd/system/kubelet.service.d /var/log/kubernetes
systemctl daemon-reload
! ip link show cni0 >/dev/null 2>&1 || ip link delete cni0
nft flush ruleset
`

/** A path of a host, as this machine sees it. */
function onHost(name: string, path: string): string {
  return join(hostPlaces(labPlaces(), name).root, path)
}

function spec() {
  return {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'bench' },
    spec: {
      kubernetes: 'v1.36.3',
      ssh: { key: labPlaces().keys.lab },
      nodes: pair.map(({ name, address }, index) => ({
        name,
        role: index === 0 ? 'control-plane' : 'worker',
        address,
      })),
    },
  }
}
