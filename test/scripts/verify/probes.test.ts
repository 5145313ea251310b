// The list of probes held against the list of controls, and whole probes against answers that a test gives.
import * as assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { selectProbes } from '../../../scripts/stages/verify.ts'
import { foldChecks } from '../../../scripts/verify/fold.ts'
import type { Handshake } from '../../../scripts/verify/handshake.ts'
import type { Answer } from '../../../scripts/verify/judge.ts'
import { groups } from '../../../scripts/verify/probe.ts'
import { attestedProbes } from '../../../scripts/verify/probes/attested.ts'
import { probes } from '../../../scripts/verify/probes.ts'
import { controlIds } from '../../../templates/controls.ts'
import { elsewhere, sabotages, groups as together } from '../../e2e/sabotages.ts'
import { fakeEnv } from './fakes.ts'

test('every control has a probe, and every probe’s control exists', () => {
  const proved = new Set(probes.flatMap((probe) => probe.controls))
  assert.deepEqual(
    controlIds.filter((id) => !proved.has(id)),
    [],
  )
  assert.deepEqual(
    [...proved].filter((id) => !controlIds.includes(id)),
    [],
  )
})

test('every control is sabotaged, and every probe named there proves that control', () => {
  assert.deepEqual(Object.keys(sabotages).sort(), [...controlIds].sort())
  for (const [control, ids] of Object.entries(sabotages)) {
    for (const id of ids) {
      const probe = probes.find((one) => one.id === id)
      assert.ok(probe?.controls.includes(control), `${id} does not prove ${control}`)
    }
  }
})

test('the end-to-end test takes every control away once, but those that its cluster cannot have', () => {
  assert.deepEqual(together.flat().sort(), controlIds.filter((id) => !elsewhere.includes(id)).sort())
})

test('ids are unique, titles are sentences for people, budgets are bounded', () => {
  assert.equal(new Set(probes.map((probe) => probe.id)).size, probes.length)
  for (const probe of probes) {
    assert.match(probe.id, /^[a-z]+(-[a-z]+)*$/)
    assert.ok(groups.includes(probe.group) && probe.budget >= 10_000 && probe.budget <= 180_000, probe.id)
    assert.ok(!probe.title.endsWith('.'), probe.title)
  }
})

/** All but those that follow from the table of controls, one for each. */
const behavioural = probes.filter((probe) => !attestedProbes.includes(probe))

test('docs/probes.md lists every probe with its title and controls, and no other', () => {
  const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
  const rows = readFileSync(join(root, 'docs', 'probes.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const documented = rows.map(([, id, title, controls]) => `${id} ${title} ${controls}`)
  const expected = behavioural.map(
    ({ id, title, controls }) => `\`${id}\` ${title} ${controls.map((control) => `\`${control}\``).join(', ') || '-'}`,
  )
  assert.deepEqual(documented.sort(), expected.sort())
})

test('--only takes probes and controls, and refuses a word that is neither', () => {
  assert.deepEqual(
    selectProbes(probes, ['anonymous']).map((probe) => probe.id),
    ['anonymous'],
  )
  assert.ok(selectProbes(probes, ['audit-log', 'anonymous']).length > 2)
  assert.equal(selectProbes(probes, []), probes)
  assert.throws(() => selectProbes(probes, ['audit']), { code: 'usage' })
})

function outcome(id: string, env: ReturnType<typeof fakeEnv>): Promise<string> {
  const probe = probes.find((one) => one.id === id)
  assert.ok(probe, id)
  return probe.run(env).then((checks) => foldChecks(checks).outcome)
}
const answers = (by: (path: string, as: string) => number) =>
  fakeEnv({
    ask: async ({ url, as }): Promise<Answer> => {
      const status = by(new URL(url).pathname, as?.name ?? '')
      return status === 0 ? { status: 0, error: 'ECONNREFUSED' } : { status, headers: {}, body: '{}' }
    },
  })
const health = (path: string) => /^\/(livez|readyz)$/.test(path)

const wholes: [string, string, ReturnType<typeof fakeEnv>, string][] = [
  ['anonymous', 'limited', answers((path) => (health(path) ? 200 : 401)), 'pass'],
  ['anonymous', 'version readable', answers((path) => (health(path) || path === '/version' ? 200 : 403)), 'fail'],
  ['anonymous', 'health closed too', answers(() => 401), 'fail'],
  ['anonymous', 'down', answers(() => 0), 'not-evaluated'],
  [
    'rbac-pair',
    'RBAC',
    answers((path, as) => (path.endsWith('nodes') && as === 'redoubt:verifier' ? 200 : 403)),
    'pass',
  ],
  ['rbac-pair', 'everybody may', answers(() => 200), 'fail'],
  ['rbac-pair', 'nobody may: a probe that sees only refusals proves nothing', answers(() => 403), 'fail'],
  ['kubelet-anonymous', 'closed', answers(() => 401), 'pass'],
  ['kubelet-anonymous', 'open', answers(() => 200), 'fail'],
  ['kubelet-anonymous', 'anonymous but authorised', answers(() => 403), 'fail'],
  ['apiserver-profiling', 'off', answers((path) => (path === '/metrics' ? 200 : 404)), 'pass'],
  ['apiserver-profiling', 'on', answers(() => 200), 'fail'],
  ['apiserver-profiling', 'we may not look', answers(() => 403), 'fail'],
  ['static-token', 'refused', answers(() => 401), 'pass'],
  ['static-token', 'taken', answers(() => 201), 'fail'],
]
for (const [id, cluster, env, expected] of wholes)
  test(`${id} on a cluster that is ${cluster}: ${expected}`, async () => {
    assert.equal(await outcome(id, env), expected)
  })

const accepted: Handshake = {
  kind: 'accepted',
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  distrust: '',
  certificate: { subject: '', issuer: '', names: '', expires: 0, sha256: '' },
  answer: '',
}
const refused: Handshake = { kind: 'alert', number: 70, text: 'tlsv1 alert protocol version' }
const shakes = (by: (tls: { maxVersion?: string; cert?: unknown }) => Handshake) =>
  fakeEnv({ handshake: async ({ tls }) => by(tls as { maxVersion?: string; cert?: unknown }) })
const certificateAlert: Handshake = { kind: 'alert', number: 116, text: 'certificate required' }

const handshakes: [string, string, ReturnType<typeof fakeEnv>, string][] = [
  ['apiserver-tls-floor', 'has a floor', shakes((tls) => (tls.maxVersion ? refused : accepted)), 'pass'],
  ['apiserver-tls-floor', 'has none', shakes(() => accepted), 'fail'],
  ['apiserver-tls-floor', 'refuses everything', shakes(() => refused), 'fail'],
  ['apiserver-tls-floor', 'is not there', shakes(() => ({ kind: 'unreachable', text: 'x' })), 'not-evaluated'],
  [
    'apiserver-tls-floor',
    'refuses for another reason',
    shakes((tls) => (tls.maxVersion ? certificateAlert : accepted)),
    'not-evaluated',
  ],
  [
    'apiserver-tls-floor',
    'is somebody else’s',
    shakes((tls) => (tls.maxVersion ? refused : { ...accepted, distrust: 'self-signed certificate' })),
    'not-evaluated',
  ],
  ['etcd-no-certificate', 'wants one', shakes((tls) => (tls.cert ? accepted : certificateAlert)), 'pass'],
  ['etcd-no-certificate', 'takes all', shakes(() => accepted), 'fail'],
  ['etcd-no-certificate', 'takes none', shakes(() => certificateAlert), 'fail'],
]
for (const [id, server, env, expected] of handshakes)
  test(`${id} on a server that ${server}: ${expected}`, async () => {
    assert.equal(await outcome(id, env), expected)
  })

test.run()
