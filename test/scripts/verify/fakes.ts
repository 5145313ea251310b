// An Env that answers from what a test gives; everything else throws.
import type { Env } from '../../../scripts/verify/env.ts'
import type { ProbeResult } from '../../../scripts/verify/fold.ts'
import type { Check, Probe } from '../../../scripts/verify/probe.ts'

/** An Env of a cluster with a control plane and a worker; `given` replaces parts of it. */
export function fakeEnv(given: Partial<Env> = {}): Env {
  const refuse = (what: string) => () => {
    throw new Error(`the test gives no ${what}`)
  }
  const env: Env = {
    model: {
      name: 'lab',
      version: 'v1.36.3',
      minor: '1.36',
      nodes: [
        { name: 'cp1', role: 'control-plane', address: '10.77.0.11', podCIDR: '10.244.0.0/24', host: {} },
        { name: 'w1', role: 'worker', address: '10.77.0.12', podCIDR: '10.244.1.0/24', host: {} },
      ],
      controlPlanes: [
        { name: 'cp1', role: 'control-plane', address: '10.77.0.11', podCIDR: '10.244.0.0/24', host: {} },
      ],
      workers: [],
      endpoint: { host: '10.77.0.11', port: 6443, url: 'https://10.77.0.11:6443' },
      network: { dnsDomain: 'cluster.local', apiServiceIP: '10.96.0.1' },
      places: {
        etcdData: '/var/lib/etcd',
        auditFolder: '/var/log/kubernetes/audit',
        auditLog: '/var/log/kubernetes/audit/audit.log',
      },
      spec: { ssh: { port: 22 }, authentication: {}, audit: {} },
    } as unknown as Env['model'],
    lock: { components: {} } as unknown as Env['lock'],
    site: {} as Env['site'],
    run: 'run1',
    namespace: 'redoubt-verify',
    missing: {},
    verifier: { name: 'redoubt:verifier', certificate: 'cert', key: 'key' },
    issue: async ({ user }) => ({ name: user, certificate: 'cert', key: 'key' }),
    sign: refuse('key of a provider'),
    authority: () => 'ca',
    renderedHash: () => undefined,
    tree: refuse('tree'),
    ask: refuse('answers'),
    handshake: refuse('handshakes'),
    plaintext: refuse('plain text'),
    shell: refuse('shell'),
    pods: refuse('pods'),
    withSignal: (signal) => ({ ...env, signal }),
    signal: new AbortController().signal,
    now: () => new Date('2027-01-15T12:00:00Z'),
    ...given,
  }
  return env
}

export function fakeCheck(verdict: Check['verdict'], saw = 'something'): Check {
  return { where: 'https://10.77.0.11:6443', sent: 'GET /version', expected: '401', saw, verdict }
}

export function fakeProbe(id: string, given: Partial<Probe> = {}): Probe {
  return {
    id,
    title: `title of ${id}`,
    group: 'identity',
    controls: ['audit-log'],
    needs: [],
    budget: 1000,
    run: async () => [fakeCheck('pass')],
    ...given,
  }
}

export function fakeResult(id: string, outcome: ProbeResult['outcome'], given: Partial<ProbeResult> = {}): ProbeResult {
  return {
    id,
    title: `title of ${id}`,
    group: 'identity',
    controls: ['audit-log'],
    outcome,
    why: outcome === 'pass' ? '' : `why of ${id}`,
    checks: [],
    milliseconds: 12,
    ...given,
  }
}
