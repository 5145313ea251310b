import type { ConfigurableName, ImageName } from '../cluster/components.ts'
import type { NodeFile, SystemUser } from '../cluster/files.ts'
import type { Lock } from '../cluster/lock.ts'
import type { Model } from '../cluster/model.ts'
import type { KubeObject } from '../cluster/objects.ts'
import type { PublicPki } from '../pki/public.ts'

/** What every template is made from: the cluster, what the bundle holds, and the public part of the PKI. */
export interface Site {
  model: Model
  lock: Lock
  pki: PublicPki
  /** The text of a secret file of `keys/`, by reference. Asked for only by what is rendered with `--off`; only a hash of it is written. */
  reveal: (ref: string) => string
  /** PEM of somebody else's authorities: a file of the workspace that the spec names. Throws `usage` for anything but certificates. */
  authorities: (path: string) => string
}

/** Command-line arguments by flag name without dashes, in order. A list may be extended by others, a scalar is set once. */
export type Args = Record<string, string | readonly string[]>

/** Fields of a configuration file by dotted path: `authentication.anonymous.enabled`. */
export type Fields = Record<string, unknown>

/** Files by path, or all below a folder (ending in `/`), with this end: who may read them. */
export interface ModeRule {
  below: string
  suffix?: string
  /** Permission bits. */
  mode: number
}

/** What a control adds to the baseline. Nothing that the baseline or another control sets may be set again. */
export interface Contribution {
  args?: Partial<Record<ConfigurableName, Args>>
  kubelet?: Fields
  kubeProxy?: Fields
  /** Fields of the API server's AuthenticationConfiguration. */
  authentication?: Fields
  /** Of tables whose names need no quotes: `grpc.gid`. */
  containerd?: Fields
  /** Files of every control plane. */
  files?: readonly NodeFile[]
  /** Files of each node, by its name. */
  nodeFiles?: Readonly<Record<string, readonly NodeFile[]>>
  /** Modes of a node's files, whoever renders them. */
  modes?: readonly ModeRule[]
  /** Who a static pod runs as, instead of root. */
  users?: Partial<Record<ConfigurableName, SystemUser>>
  /** Who owns files and folders of control planes instead of root, whoever renders them: `UID:GID` by path. */
  owners?: Readonly<Record<string, string>>
  objects?: readonly KubeObject[]
  /** Images that cluster objects name by tag instead of by digest. */
  byTag?: readonly ImageName[]
}

/**
 * One hardening control, as data. `off` says how the cluster looks when it is missing, also where upstream's default is
 * already safe: it must be something that the real component starts with, and that a probe can notice.
 */
export interface Control {
  id: string
  title: string
  /** `CIS 1.2.5`, `STIG V-242378`, `claim: TLS everywhere`. */
  references: readonly string[]
  why: string
  /** Why this cluster cannot have it: then it contributes nothing, and its probes have nothing to prove. */
  notApplicable?(site: Site): string | undefined
  on(site: Site): Contribution
  off(site: Site): Contribution
}
