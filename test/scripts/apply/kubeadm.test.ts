import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { kubeadmNode } from '../../../scripts/apply/kubeadm.ts'
import { handOver, superAdmin } from '../../../scripts/apply/phases/kubeadm.ts'
import type { NodePlan } from '../../../scripts/apply/plan/plan.ts'
import type { Action, Apply, ApplyNode } from '../../../scripts/apply/run.ts'
import { kubeadmPlaces } from '../../../templates/kubeadm/target.ts'
import { doneAnswer, emptyAnswer, fixture, planOf } from './fixture.ts'

const cp1 = fixture('cp1')
const node = (plan: NodePlan) => kubeadmNode({ node: plan.node, plan, tree: plan.tree } as ApplyNode)
const planned = (phase: typeof handOver, target: ApplyNode) => phase.plan({ nodes: [target] } as Apply) as Action[]

test('a bare node is made ready, and is not kubeadm’s', () => {
  const target = node(planOf(cp1, emptyAnswer(cp1)))
  assert.equal(target.plan.running, false)
  assert.equal(target.plan.files.length, cp1.tree.files.length)
  assert.deepEqual(
    planned(handOver, target).map(({ verb, what }) => `${verb} ${what}`),
    [`hand over ${kubeadmPlaces.config}`],
  )
})

test('a control plane that was prepared and never began is still not kubeadm’s', () => {
  const answer = doneAnswer(cp1).replace('|kubelet.service active enabled', '|kubelet.service inactive enabled')
  const target = node(planOf(cp1, answer))
  assert.equal(target.plan.running, false)
  assert.deepEqual(planned(handOver, target), [])
})

test('a node whose kubelet runs is left alone, whatever differs', () => {
  const answer = doneAnswer(cp1).replace('|8180 root:root 0:0 /etc/kubernetes/pki/sa.key\n', '')
  const plan = planOf(cp1, answer)
  assert.equal(plan.files.length, 1)
  const target = node(plan)
  const { running, files, folders, remove, restarts, record } = target.plan
  assert.deepEqual({ running, record }, { running: true, record: false })
  assert.deepEqual([files, folders, remove, restarts], [[], [], [], []])
  assert.deepEqual(planned(handOver, target), [])
})

test('the super-admin goes from nodes that run, and from no other', () => {
  const { config, key } = kubeadmPlaces.superAdmin
  const plan = planOf(cp1, doneAnswer(cp1))
  const seen = { kind: 'file', mode: '0600', owner: 'root:root', ids: '0:0' } as const
  plan.seen.files.set(config, seen).set(key, seen)
  assert.deepEqual(
    planned(superAdmin, node(plan)).map(({ verb, what }) => `${verb} ${what}`),
    [`remove ${config}`, `remove ${key}`],
  )
  plan.seen.units.set('kubelet.service', { active: false, enabled: true })
  assert.deepEqual(planned(superAdmin, node(plan)), [])
})

test.run()
