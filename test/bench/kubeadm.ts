import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadHosts } from '../../cluster/hosts.ts'
import { buildModel, type Model } from '../../cluster/model.ts'
import { loadSpec } from '../../cluster/spec.ts'
import { workspaceAt } from '../../cluster/workspace.ts'
import { parseYaml } from '../../lib/yaml.ts'
import { type Api, createApi } from '../../scripts/api.ts'
import { loadApis } from '../../scripts/apply/inputs.ts'
import { labRun } from '../../scripts/lab/reach.ts'
import { hostFiles, initConfig, joinConfig } from './kubeadm-config.ts'
import { controlPlane, deletePair, makePair, pair, redoubtApply, surveyPair, wipePair, worker } from './kubeadm-pair.ts'
import { untilReady } from './kubeadm-ready.ts'
import type { Figure } from './measure.ts'

const rounds = 3

/**
 * How long `redoubt apply` of 1 + 1 takes beside `kubeadm init` and `kubeadm join`, on the same two hosts in turns: packages, programs
 * and images are there, and the clock stops when both nodes are Ready and kube-proxy and CoreDNS run. The machine may be busy
 * with other work: the ratio of two runs that follow each other counts, and the median of these ratios is the figure.
 */
export async function applyFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-bench-'))
  try {
    await makePair(folder)
    const workspace = workspaceAt(folder)
    const model = buildModel(await loadSpec(workspace.spec), await loadHosts(workspace.hosts))
    const ratios: number[] = []
    for (let round = 0; round < rounds; round++) {
      const ours = () => measureApply(folder, model)
      const theirs = () => measureKubeadm(model)
      // Who comes first changes, so that a machine that becomes slower favours neither.
      const [a, b] = round % 2 === 0 ? [await ours(), await theirs()] : [await theirs(), await ours()].reverse()
      ratios.push((a ?? Number.NaN) / (b ?? Number.NaN))
    }
    note(`ratios ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}`)
    const value = ratios.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
    return [{ name: 'apply of 1 + 1 after import, beside kubeadm', value, unit: 'x', limit: 1.2 }]
  } finally {
    await deletePair()
    rmSync(folder, { recursive: true })
  }
}

async function measureApply(folder: string, model: Model): Promise<number> {
  await wipePair()
  await surveyPair(folder)
  const { admin } = await loadApis(workspaceAt(folder), model.endpoint.url)
  const started = performance.now()
  const steps = await redoubtApply(folder)
  await untilReady(admin, model)
  const seconds = (performance.now() - started) / 1000
  if (/Install packages|Import images/.test(steps)) throw new Error(`the hosts had lost what was imported:\n${steps}`)
  note(`redoubt apply ${seconds.toFixed(1)} s\n${steps.trim().replace(/^/gm, '  ')}`)
  return seconds
}

async function measureKubeadm(model: Model): Promise<number> {
  await wipePair()
  for (const host of pair) await prepare(host.name, model)
  const started = performance.now()
  const time = () => ((performance.now() - started) / 1000).toFixed(1)
  await labRun(controlPlane.name, `kubeadm init --config ${configPath} >/dev/null`)
  const init = time()
  const reading = adminOf(controlPlane.name, model)
  await labRun(worker.name, `kubeadm join --config ${configPath} >/dev/null`)
  const joined = time()
  await untilReady(await reading, model)
  note(`kubeadm ${time()} s: init done at ${init}, join at ${joined}`)
  return (performance.now() - started) / 1000
}

const configPath = '/root/kubeadm.yaml'

/** Lays out what kubeadm's packages and its user would: files, configuration, and our images under the names that kubeadm expects. */
async function prepare(name: string, model: Model): Promise<void> {
  const node = model.nodes.find((one) => one.name === name)
  if (!node) throw new Error(`no node ${name}`)
  const config = node.role === 'control-plane' ? initConfig(model, node) : joinConfig(model, node)
  for (const [path, text] of Object.entries({ ...hostFiles, [configPath]: config }))
    await labRun(name, `mkdir -p "$(dirname ${path})" && cat > ${path}`, { input: text })
  await labRun(name, 'systemctl daemon-reload')
  if (node.role === 'control-plane') await labRun(name, tagScript)
}

const tagScript = `
ctr -n k8s.io images ls -q > /tmp/images
kubeadm config images list --config ${configPath} 2>/dev/null | while read -r image; do
  grep -qxF "$image" /tmp/images || ctr -n k8s.io images tag "$(grep -m 1 "^\${image%:*}:" /tmp/images)" "$image" >/dev/null
done
`

/** The administrator that kubeadm made. */
async function adminOf(name: string, model: Model): Promise<Api> {
  const { stdout } = await labRun(name, 'cat /etc/kubernetes/admin.conf')
  const config = parseYaml(stdout, 'admin.conf').value as {
    clusters: { cluster: Record<string, string> }[]
    users: { user: Record<string, string> }[]
  }
  const decode = (text = '') => Buffer.from(text, 'base64').toString()
  const user = config.users[0]?.user ?? {}
  return createApi({
    url: model.endpoint.url,
    ca: decode(config.clusters[0]?.cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  })
}

function note(text: string): void {
  process.stderr.write(`${text}\n`)
}
