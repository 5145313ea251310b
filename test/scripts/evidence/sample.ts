// Results of every outcome, with what a hostile server may have written into them.
import { buildEvidence, type Evidence } from '../../../scripts/verify/evidence.ts'
import { fakeCheck, fakeResult } from '../verify/fakes.ts'

export const hostile = '200 </script><img src=x onerror=alert(1)> "\'& \u001b[31m\u0000 \u202e ]]>'

/** Evidence as verify makes it; `given` replaces parts. */
export function sample(given: Partial<Parameters<typeof buildEvidence>[0]> = {}): Evidence {
  return buildEvidence({
    cluster: 'lab',
    kubernetes: 'v1.36.3',
    version: '0.1.0',
    started: '2027-01-15T12:00:00.000Z',
    finished: '2027-01-15T12:00:09.500Z',
    nodes: [
      { name: 'cp1', role: 'control-plane', address: '10.77.0.11' },
      { name: 'w1', role: 'worker', address: '10.77.0.1' },
    ],
    inputs: { spec: 'a'.repeat(64), lock: 'b'.repeat(64), rendered: 'c'.repeat(64) },
    profile: 'hardened',
    overrides: [
      { setting: 'kube-apiserver --v=4', where: 'redoubt.yaml:9:20', over: null },
      { setting: 'kube-apiserver --profiling=true', where: 'redoubt.yaml:10:20', over: 'anonymous-limited' },
    ],
    off: ['audit-log'],
    forced: ['kube-apiserver --goaway-chance=0.1'],
    complete: true,
    sets: { 'anonymous-limited': ['file /etc/kubernetes/apiserver/authentication.yaml (0600 root:root)'] },
    probes: [
      fakeResult('apiserver-tls-floor', 'pass', {
        group: 'transport',
        controls: ['apiserver-tls'],
        why: '',
        checks: [fakeCheck('pass', 'TLS alert 70')],
      }),
      fakeResult('anonymous', 'fail', {
        controls: ['anonymous-limited'],
        why: `GET /version at https://10.77.0.11:6443: expected 401, saw ${hostile}`,
        checks: [fakeCheck('pass'), fakeCheck('fail', hostile), { ...fakeCheck('unknown'), where: 'node w1' }],
      }),
      fakeResult('audit-canary', 'waived', { group: 'data', why: 'the log goes elsewhere (until 2027-02-01). seen' }),
      fakeResult('kubelet-anonymous', 'not-evaluated', {
        group: 'nodes',
        controls: ['kubelet-authentication'],
        why: 'node w1 cannot be reached',
        checks: [],
      }),
      fakeResult('etcd-no-certificate', 'not-applicable', {
        group: 'data',
        controls: ['etcd-client-auth'],
        why: 'render says so',
        checks: [],
      }),
      fakeResult('pod-network', 'pass', { group: 'works', controls: [], why: '', checks: [fakeCheck('pass')] }),
    ],
    leftovers: [],
    ...given,
  })
}
