import { join, resolve } from 'node:path'
import type { BundleSpec } from './bundle.ts'

/** The paths of a workspace: one folder per cluster, apart from the source. */
export interface Workspace {
  root: string
  spec: string
  lock: string
  hosts: string
  keys: string
  rendered: string
  /** The same for kubeadm: `render --target kubeadm`. */
  renderedKubeadm: string
  evidence: string
  /** The key that signs bundles, on the connected side, and its public half, which crosses the gap by another way. */
  bundleKey: string
  bundlePublicKey: string
}

export function workspaceAt(folder: string): Workspace {
  const root = resolve(folder)
  return {
    root,
    spec: join(root, 'redoubt.yaml'),
    lock: join(root, 'redoubt.lock.yaml'),
    hosts: join(root, 'hosts.yaml'),
    keys: join(root, 'keys'),
    rendered: join(root, 'rendered'),
    renderedKubeadm: join(root, 'rendered-kubeadm'),
    evidence: join(root, 'evidence'),
    bundleKey: join(root, 'bundle.key'),
    bundlePublicKey: join(root, 'bundle.pub'),
  }
}

/** Where the bundle of a workspace is: `NAME-VERSION.tar` in it. */
export function bundlePath({ root }: Workspace, { name, version }: Pick<BundleSpec, 'name' | 'version'>): string {
  return join(root, `${name}-${version}.tar`)
}
