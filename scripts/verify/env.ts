import type { Tree } from '../../cluster/files.ts'
import type { Lock } from '../../cluster/lock.ts'
import type { Model } from '../../cluster/model.ts'
import type { Site } from '../../templates/control.ts'
import type { Handshake, HandshakeOptions, Plain } from './handshake.ts'
import type { Answer } from './judge.ts'
import type { TestPods } from './pods.ts'
import type { Need } from './probe.ts'

/** A client certificate (leaf, then issuers) and its key, in memory only. */
export interface Identity {
  /** For evidence: `user redoubt:verifier (redoubt:verifiers)`. */
  name: string
  certificate: string
  key: string
}

/** The authorities whose names and certificates probes use. */
export type Authority =
  | 'server-ca'
  | 'client-ca'
  | 'kubelet-client-ca'
  | 'kubelet-serving-ca'
  | 'etcd-ca'
  | 'front-proxy-ca'

export interface IdentityRequest {
  user: string
  groups?: readonly string[]
  /** `client-ca` unless said otherwise. */
  authority?: Authority
  /** `foreign`: signed by a stranger that calls itself like the authority; `expired`: ended an hour ago. */
  flaw?: 'foreign' | 'expired'
}

/** One HTTPS request. The server's certificate must chain to `trust`, and nothing but `trust`: an authority of ours, or PEM of others'. */
export interface Ask {
  url: string
  trust: Authority | { pem: string }
  as?: Identity | undefined
  method?: string
  headers?: Record<string, string>
  /** Sent as JSON. */
  body?: unknown
  contentType?: string
}

export interface ShellAnswer {
  code: number
  stdout: string
}

/** What a probe may touch. Everything that leaves this machine goes through here, so that tests can answer instead. */
export interface Env {
  model: Model
  lock: Lock
  /** What controls are made from: probes ask what a control sets. */
  site: Site
  /** Unique to this run, in the name of everything it creates. */
  run: string
  /** Our own namespace: probes create nothing anywhere else. */
  namespace: string
  /** Why a need cannot be met, by need. */
  missing: Readonly<Partial<Record<Need, string>>>
  /** Who we are: bound to the rights of group redoubt:verifiers. */
  verifier: Identity
  /** A short-lived client certificate. */
  issue(request: IdentityRequest): Promise<Identity>
  /** A token with these claims, signed by the key of the test identity provider. Throws without that key. */
  sign(claims: Record<string, unknown>): string
  /** PEM of an authority's certificate. */
  authority(id: Authority): string
  /** SHA-256 that rendering gave a node's file; undefined when it renders no such file. */
  renderedHash(node: string, path: string): string | undefined
  /** What was rendered for a node. */
  tree(node: string): Tree
  ask(request: Ask): Promise<Answer>
  handshake(options: Omit<HandshakeOptions, 'timeout' | 'signal'>): Promise<Handshake>
  plaintext(options: Omit<HandshakeOptions, 'timeout' | 'signal' | 'tls'>): Promise<Plain>
  /** Runs a sh script on a node. Exit codes are answers; throws when the node cannot be reached. */
  shell(node: string, script: string, options?: { args?: readonly string[]; stdin?: string }): Promise<ShellAnswer>
  /** Test pods on two nodes, started when the first probe asks and then shared. */
  pods(): Promise<TestPods>
  /** The same under another signal. Each exchange has its own end besides. */
  withSignal(signal: AbortSignal): Env
  signal: AbortSignal
  now: () => Date
}
