// A cluster made by kubeadm from the kubeadm target, on two bare hosts of the lab, as docs/render.md tells an operator.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadHosts } from '../../../cluster/hosts.ts'
import { buildModel } from '../../../cluster/model.ts'
import { loadSpec } from '../../../cluster/spec.ts'
import { workspaceAt } from '../../../cluster/workspace.ts'
import { type RunResult, run } from '../../../lib/exec.ts'
import { writeYaml } from '../../../lib/yaml.ts'
import { loadApis } from '../../../scripts/apply/inputs.ts'
import { labPlaces } from '../../../scripts/lab/places.ts'
import { labRun } from '../../../scripts/lab/reach.ts'
import { findHost } from '../../../scripts/lab/table.ts'
import type { Evidence } from '../../../scripts/verify/evidence.ts'
import { probes } from '../../../scripts/verify/probes.ts'
import { kubeadmPlaces } from '../../../templates/kubeadm/target.ts'
import { check, checkout, expectCode, expectMatch, expectSame, must, workspace } from '../harness.ts'
import { checkLiving } from './living.ts'

const [controlPlane, worker] = [findHost('cp2'), findHost('w2')]
const names = [controlPlane.name, worker.name]
const redoubt = (...args: string[]) =>
  run([join(checkout, 'redoubt'), ...args], { accept: Array.from({ length: 256 }, (_, code) => code) })
const kubeadm = (host: string, word: string) => labRun(host, `kubeadm ${word} --config ${kubeadmPlaces.config}`)

/** The checks on hosts, which are made for it and deleted after it. */
export async function boot(bundle: string, key: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-kubeadm-'))
  try {
    await road(folder, bundle, key)
  } finally {
    if (process.env.KEEP) process.stdout.write(`${folder}\n`)
    else {
      await redoubt('lab', 'down', '--delete', ...names)
      rmSync(folder, { recursive: true })
    }
  }
}

async function road(folder: string, bundle: string, key: string): Promise<void> {
  const inside = (...args: string[]) => redoubt('-w', folder, ...args)
  const apply = (...args: string[]) => inside('apply', '--target', 'kubeadm', '--bundle', bundle, '--key', key, ...args)
  await must('two hosts, made anew', async () => {
    await redoubt('lab', 'down', '--delete', ...names)
    await expectCode(0, redoubt('lab', 'up', ...names))
  })
  for (const name of names)
    await check(`${name} is bare`, async () => {
      const script = 'command -v kubelet kubeadm containerd ctr runc || :; ls -d /etc/kubernetes 2>/dev/null || :'
      expectSame((await labRun(name, script)).stdout, '', 'found there')
    })
  writeFileSync(join(folder, 'redoubt.yaml'), writeYaml(spec()))
  copyFileSync(join(workspace, 'redoubt.lock.yaml'), join(folder, 'redoubt.lock.yaml'))
  for (const words of ['pki init', 'survey --accept-host-keys', 'render', 'render --target kubeadm'])
    await must(words, () => expectCode(0, inside(...words.split(' '))))

  await must('apply --target kubeadm makes the hosts ready, and says what comes next', async () => {
    const { stderr } = await expectCode(0, apply())
    expectMatch(stderr, /next, on cp2: kubeadm init --config .*\n.*next, on w2: kubeadm join --config /)
  })
  await check('nothing was started that is kubeadm’s, and again there is nothing to do', async () => {
    expectSame((await expectCode(0, apply())).stdout, 'nothing was to be done\n', 'a second run')
    for (const name of names)
      expectSame((await labRun(name, 'systemctl is-active kubelet || :')).stdout, 'inactive\n', `kubelet of ${name}`)
  })
  await must('kubeadm init', () => kubeadm(controlPlane.name, 'init'))
  await must('kubeadm join', () => kubeadm(worker.name, 'join'))
  await must('apply --target kubeadm: objects, and everything becomes healthy', () => expectCode(0, apply()))
  await check('and again there is nothing to do', async () => {
    expectSame((await expectCode(0, apply())).stdout, 'nothing was to be done\n', 'a second run')
  })

  const paths = workspaceAt(folder)
  const model = buildModel(await loadSpec(paths.spec), await loadHosts(paths.hosts))
  const { admin } = await loadApis(paths, model.endpoint.url)
  await checkLiving(folder, model, admin)
  await verified(inside)
  await check('verified, people get their rights', async () => {
    const binding = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/redoubt:grant:platform-admin'
    expectSame(String((await admin.request(binding)).status), '404', 'the binding before')
    await expectCode(0, apply())
    expectSame(String((await admin.request(binding)).status), '200', 'the binding after')
  })
  await check('a worker leaves and joins again', async () => {
    await labRun(worker.name, 'kubeadm reset --force')
    await admin.remove(`/api/v1/nodes/${worker.name}`)
    expectMatch((await expectCode(0, apply())).stderr, /next, on w2: kubeadm join /)
    await kubeadm(worker.name, 'join')
    await expectCode(0, apply())
  })
}

/** All of `redoubt verify`: no probe is left out, and each that has nothing to ask says why. */
async function verified(inside: (...args: string[]) => Promise<RunResult>): Promise<void> {
  await check('verify: every probe, none fails or stays unknown', async () => {
    const { code, stdout } = await inside('verify', '-o', 'json')
    const evidence = JSON.parse(stdout) as Evidence
    const bad = evidence.probes.filter(({ outcome }) => outcome === 'fail' || outcome === 'not-evaluated')
    if (code !== 0 || bad.length > 0)
      throw new Error(`exit code ${code}\n${bad.map(({ id, outcome, why }) => `${id}: ${outcome}: ${why}`).join('\n')}`)
    const ids = evidence.probes.map(({ id }) => id).sort()
    expectSame(
      ids.join(' '),
      probes
        .map(({ id }) => id)
        .sort()
        .join(' '),
      'the probes asked',
    )
    const asked = evidence.probes.filter(({ outcome }) => outcome === 'pass')
    const none = evidence.probes.filter(({ outcome }) => outcome === 'not-applicable')
    expectSame(String(asked.length + none.length), String(probes.length), 'probes that pass or have nothing to ask')
    process.stdout.write(`        ${asked.length} pass; nothing to ask for ${none.length}:\n`)
    for (const { id, why } of none) process.stdout.write(`        ${id}: ${why}\n`)
    for (const id of hardening) if (!asked.some((probe) => probe.id === id)) throw new Error(`${id} did not pass`)
  })
}

/** Of what must have been attacked, whatever else has nothing to ask here. */
const hardening = [
  'anonymous',
  'kubelet-anonymous',
  'secret-canary',
  'secrets-encrypted',
  'pod-security',
  'audit-canary',
  'audit-files',
  'etcd-no-certificate',
  'node-restriction',
  'listeners',
]

function spec() {
  return {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'kubeadm' },
    spec: {
      kubernetes: 'v1.36.3',
      ssh: { key: labPlaces().keys.lab },
      nodes: [
        { name: controlPlane.name, role: 'control-plane', address: controlPlane.address },
        { name: worker.name, role: 'worker', address: worker.address },
      ],
      access: [{ persona: 'platform-admin', groups: ['platform'] }],
    },
  }
}
