// The road with provider cilium: pods of two nodes in a vxlan, and policies that something enforces.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../../lib/errors.ts'
import { type RunResult, run } from '../../../lib/exec.ts'
import { writeYaml } from '../../../lib/yaml.ts'
import { labPlaces } from '../../../scripts/lab/places.ts'
import { labRun } from '../../../scripts/lab/reach.ts'
import { findHost } from '../../../scripts/lab/table.ts'
import { attestationOf } from '../../../scripts/verify/probes/attested.ts'
import { check, checkout, expectCode, expectMatch, expectSame, must, StepFailed, state, summary } from '../harness.ts'
import { sabotages } from '../sabotages.ts'

const [controlPlane, worker] = [findHost('bench1'), findHost('bench2')]
const names = [controlPlane.name, worker.name]
const folder = `${state}-cilium`
const control = 'network-policies'

const redoubt = (...args: string[]): Promise<RunResult> =>
  run([join(checkout, 'redoubt'), ...args], { accept: Array.from({ length: 256 }, (_, code) => code) })
const inside = (words: string) => redoubt('-w', folder, ...words.split(' '))
const kubectl = (words: string) => labRun(controlPlane.name, `kubectl --kubeconfig /etc/kubernetes/admin.conf ${words}`)
// Waits longer than apply does by itself: others may use the machine too.
const apply = 'apply --wait 300'

interface Results {
  probes: { id: string; outcome: string; why: string }[]
  controls: { id: string; state: string }[]
}

async function verify(code: number, more = ''): Promise<Results> {
  return JSON.parse((await expectCode(code, inside(`verify -q -o json${more}`))).stdout)
}

function withOutcome({ probes }: Results, outcome: string): string {
  const found = probes.filter((probe) => probe.outcome === outcome)
  return found
    .map(({ id }) => id)
    .sort()
    .join(' ')
}

async function road(): Promise<void> {
  await must('two hosts, made anew', async () => {
    await redoubt('lab', 'down', '--delete', ...names)
    await expectCode(0, redoubt('lab', 'up', ...names))
  })
  workspace()
  await must('bundle build: Cilium compiled, its images assembled', async () => {
    await expectCode(0, inside('bundle keygen'))
    await expectCode(0, inside('bundle lock --update'))
    await expectCode(0, inside('bundle build'))
    const { stdout } = await expectCode(0, inside('bundle inspect -o json'))
    for (const image of ['redoubt.dev/cilium:v1.19.0', 'redoubt.dev/cilium-operator:v1.19.0'])
      expectMatch(stdout, new RegExp(`"${image}"`))
    if (/cni-bridge|cni-portmap/.test(stdout)) throw new Error('it holds what only provider routes needs')
  })
  for (const words of ['pki init', 'survey --accept-host-keys', 'render'])
    await must(words, () => expectCode(0, inside(words)))
  await must('apply: nodes Ready, agents and operator run', async () => {
    const { stderr } = await expectCode(0, inside(apply))
    expectMatch(stderr, /2 nodes Ready, .*cilium, cilium-operator/)
  })
  await check('and again there is nothing to do', nothingToDo)
  await check('no bridge, no route to peers; what has nowhere to go is refused', async () => {
    for (const name of names) {
      const { stdout } = await labRun(name, 'ls /etc/cni/net.d /opt/cni/bin; ip -br link; ip route; ip rule')
      expectMatch(stdout, /05-cilium\.conflist/)
      expectMatch(stdout, /unreachable 10\.244\.0\.0\/16 metric 1000/)
      if (/cni0|10-redoubt|host-local/.test(stdout)) throw new Error(stdout)
    }
  })
  await check('agents and operator are asked nothing that they are refused', async () => {
    const { stdout } = await kubectl('-n kube-system logs -l k8s-app=cilium --tail=-1')
    const operator = (await kubectl('-n kube-system logs deploy/cilium-operator')).stdout
    const refused = `${stdout}${operator}`.split('\n').filter((line) => /is forbidden/.test(line))
    expectSame(refused.slice(0, 3).join('\n'), '', 'refused by RBAC')
  })
  await check('verify: every control holds, policies too, and the cluster works', async () => {
    const results = await verify(0)
    expectSame(withOutcome(results, 'fail') + withOutcome(results, 'not-evaluated'), '', 'probes that did not pass')
    for (const id of ['network-policy', 'network-policies-everywhere', 'pod-network', 'services-and-dns'])
      if (!withOutcome(results, 'pass').split(' ').includes(id)) throw new Error(`${id} did not pass`)
  })
  await check('policies hold after the agents were replaced', async () => {
    const ready =
      'kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system rollout status ds/cilium --timeout=300s'
    await kubectl('-n kube-system delete pod -l k8s-app=cilium --wait=false')
    await verify(0, ` --only ${control}`)
    await labRun(controlPlane.name, ready)
  })
  await check(`sabotage: ${control} taken away: its probes fail, and only they`, async () => {
    const expected = [...(sabotages[control] ?? []), attestationOf(control)].sort().join(' ')
    await expectCode(0, inside(`render --off ${control}`))
    try {
      await expectCode(0, inside(apply))
      expectSame(withOutcome(await verify(3, ` --only ${control}`), 'fail'), expected, 'probes that fail')
    } finally {
      await expectCode(0, inside('render'))
      await expectCode(0, inside(apply))
    }
    expectSame(withOutcome(await verify(0, ` --only ${control}`), 'fail'), '', 'probes that fail afterwards')
  })
  await check('drift: nothing; then a changed ConfigMap and a deleted policy are named, and put back', async () => {
    await expectCode(0, inside('drift'))
    await kubectl(`-n kube-system patch configmap cilium-config -p '{"data":{"enable-policy":"never"}}'`)
    await kubectl('-n redoubt-verify delete networkpolicy redoubt-default-deny')
    const { stdout } = await expectCode(3, inside('drift'))
    expectMatch(stdout, /cilium-config/)
    expectMatch(stdout, /redoubt-default-deny/)
    await expectCode(0, inside(apply))
    await nothingToDo()
  })
}

async function nothingToDo(): Promise<void> {
  expectSame((await expectCode(0, inside(apply))).stdout, 'nothing was to be done\n', 'a second run')
}

/** A workspace as an operator would write it. */
function workspace(): void {
  mkdirSync(folder, { recursive: true })
  for (const name of ['keys', 'rendered', 'evidence', 'hosts.yaml', 'bundle.key', 'bundle.pub', 'cil-0.1.0.tar'])
    rmSync(join(folder, name), { recursive: true, force: true })
  copyFileSync(labPlaces().keys.lab, join(folder, 'lab'))
  const node = ({ name, address }: typeof worker, role: string) => ({ name, role, address })
  writeFileSync(
    join(folder, 'redoubt.yaml'),
    writeYaml({
      apiVersion: 'redoubt.dev/v1alpha1',
      kind: 'Cluster',
      metadata: { name: 'cil' },
      spec: {
        kubernetes: 'v1.36.3',
        nodes: [node(controlPlane, 'control-plane'), node(worker, 'worker')],
        ssh: { key: 'lab' },
        network: { provider: 'cilium' },
      },
    }),
  )
}

let broken = 0
try {
  await road()
} catch (error) {
  if (!(error instanceof StepFailed)) broken++
  process.stdout.write(`  the road ends here (after: ${messageOf(error)})\n`)
} finally {
  if (!process.env.KEEP) {
    await redoubt('lab', 'down', '--delete', ...names)
    rmSync(join(folder, 'cil-0.1.0.tar'), { force: true })
  }
}
const { passed, failed } = summary()
process.stdout.write(`${passed} passed, ${failed + broken} failed\n`)
process.exitCode = failed + broken > 0 || passed === 0 ? 1 : 0
