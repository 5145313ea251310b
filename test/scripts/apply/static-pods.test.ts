// What a kubelet says of its static pods, as kubelet v1.36.3 was recorded to say it (cut to the fields that are read).
import * as assert from 'node:assert/strict'
import { test } from 'uvu'
import { staticPods } from '../../../scripts/apply/on-node/static-pods.ts'
import type { Apis } from '../../../scripts/apply/run.ts'

const ran = 'containerd://6e04dbc1fb2ad40c2a544a8e6eb0c20f53b8645b2f24ca44e1629fd7bf213195'
const runs = 'containerd://2a5f1665c4f95d656f10ebc18dc5d8d7e35ba8ef4225597116e6312722e10da4'
const backOff =
  'back-off 20s restarting failed container=kube-controller-manager pod=kube-controller-manager-cp1_kube-system(70d4b467d4e4409b3b040d845fa4b13e)'

const states: [name: string, status: object, expected: object][] = [
  [
    'running',
    { containerStatuses: [{ state: { running: {} }, ready: true, containerID: runs }] },
    { id: runs, ready: true, backingOff: false },
  ],
  [
    'killed twice: it waits, and still names the container that ended',
    {
      containerStatuses: [
        { state: { waiting: { reason: 'CrashLoopBackOff', message: backOff } }, ready: false, containerID: ran },
      ],
    },
    { id: ran, ready: false, backingOff: true },
  ],
  [
    'being made: waiting is not backing off',
    { containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } }, ready: false }] },
    { id: '', ready: false, backingOff: false },
  ],
  ['not looked at yet', {}, { id: '', ready: false, backingOff: false }],
]
for (const [name, status, expected] of states)
  test(`a static pod that is ${name}`, async () => {
    const metadata = {
      name: 'kube-controller-manager-cp1',
      annotations: { 'kubernetes.io/config.source': 'file' },
    }
    const other = { metadata: { name: 'web', annotations: { 'kubernetes.io/config.source': 'api' } } }
    const admin = { get: async () => ({ items: [{ metadata, status }, other] }) }
    const found = await staticPods({ admin } as unknown as Apis, 'cp1')
    assert.deepEqual([...found], [['kube-controller-manager', expected]])
  })

test.run()
