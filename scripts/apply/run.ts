import type { Bundle } from '../../bundles/read.ts'
import type { Tree } from '../../cluster/files.ts'
import type { Model, NodeModel } from '../../cluster/model.ts'
import type { KubeObject } from '../../cluster/objects.ts'
import type { StepReport } from '../../lib/output.ts'
import type { Api } from '../api.ts'
import type { Context } from '../command.ts'
import type { NodeShell } from '../ssh/transport.ts'
import type { NodePlan } from './plan/plan.ts'

/** One thing that apply does or, in a dry run, would do. */
export interface Action {
  /** A node's name, or `cluster`. */
  node: string
  verb: string
  what: string
  why: string
}

/** A node, what it is to become, and a shell on it. */
export interface ApplyNode {
  node: NodeModel
  shell: NodeShell
  tree: Tree
  /** The text of rendered/NODE/tree.json. */
  text: string
  plan: NodePlan
}

/** The API server, as the two identities of the operator. */
export interface Apis {
  admin: Api
  /** system:masters: works before any role is bound, and is used for nothing else. */
  superAdmin: Api
}

/** Everything that the phases work with. */
export interface Apply {
  context: Context
  model: Model
  bundle: Bundle
  /** `NAME SHA256-OF-ROOT` */
  cluster: string
  nodes: ApplyNode[]
  objects: { name: string; objects: KubeObject[] }[]
  /** The cluster's endpoint. */
  api: Apis
  /** The API server of one control plane. */
  at(node: NodeModel): Apis
  dryRun: boolean
  /** Milliseconds that a changed control plane has to become healthy. */
  patience: number
  /** Take no etcd snapshot: for a control plane whose etcd does not come back without the change. */
  skipSnapshot: boolean
  /** Everything done or planned so far. */
  actions: Action[]
  /** What a dry run could not look at, and why. */
  unknown: string[]
}

/** One part of apply: what it would do, and how it does it. */
export interface Phase {
  title: string
  plan(apply: Apply): Action[] | Promise<Action[]>
  run(apply: Apply, report: StepReport, actions: readonly Action[]): Promise<void>
}
