// The real kubeadm on the kubeadm target, chrooted into folders that hold nothing but a node's files: it accepts the configuration, takes
// certificates and kubeconfigs as they are, and writes manifests that differ from our own exactly as templates/kubeadm/differences.ts says.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { configurable } from '../../../cluster/components.ts'
import { parseTree } from '../../../cluster/files.ts'
import { loadHosts } from '../../../cluster/hosts.ts'
import { loadLock } from '../../../cluster/lock.ts'
import { buildModel } from '../../../cluster/model.ts'
import { loadSpec } from '../../../cluster/spec.ts'
import { run } from '../../../lib/exec.ts'
import { parseYaml } from '../../../lib/yaml.ts'
import { initPki } from '../../../pki/init.ts'
import { loadPublicPki } from '../../../pki/public.ts'
import { compareManifests } from '../../../templates/kubeadm/compare.ts'
import { ofManifests, skippedPhases } from '../../../templates/kubeadm/differences.ts'
import { kubeadmTarget } from '../../../templates/kubeadm/target.ts'
import { renderCluster } from '../../../templates/render.ts'
import { takePrograms } from '../conflicts/binaries.ts'
import { check, checkout, must, summary, workspace } from '../harness.ts'

const [bundle = join(workspace, 'lab-0.1.0.tar'), key = join(workspace, 'bundle.pub')] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'redoubt-kubeadm-'))
const config = '/etc/kubernetes/kubeadm/kubeadm.yaml'
const rootOf = (node: string) => join(folder, node)
const kubeadm = (node: string, ...args: string[]) => run([join(folder, 'kubeadm'), '--rootfs', rootOf(node), ...args])

try {
  await must('kubeadm of the bundle', () => takePrograms(bundle, key, folder, ['kubeadm']))
  const fixtures = join(checkout, 'test', 'fixtures')
  const spec = await loadSpec(join(fixtures, 'redoubt.yaml'))
  const model = buildModel(spec, await loadHosts(join(fixtures, 'hosts.yaml')))
  const keys = join(folder, 'keys')
  await must('a PKI', () => initPki({ spec, folder: keys, now: new Date() }))
  const pki = await loadPublicPki(keys)
  const rendered = renderCluster({
    model,
    lock: await loadLock(join(fixtures, 'redoubt.lock.yaml')),
    pki,
    reveal: () => '',
    authorities: () => '',
    off: [],
  })
  for (const [path, text] of kubeadmTarget({ model, pki }, rendered)) {
    const [node = '', ...rest] = path.split('/')
    const below = rest.join('/')
    if (below === 'tree.json')
      for (const { path: target, from } of parseTree(text, path).files)
        if (from.kind === 'secret') place(node, target, readFileSync(join(keys, from.ref)))
    place(node, below.startsWith('files/') ? below.slice('files'.length) : `/etc/kubernetes/kubeadm/${below}`, text)
  }
  for (const { name } of model.nodes)
    await check(`kubeadm config validate: ${name}`, () => kubeadm(name, 'config', 'validate', '--config', config))
  const [first] = model.controlPlanes
  if (!first) throw new Error('no control plane')
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane all', 'etcd local'])
    await check(`kubeadm init phase ${phase}`, async () => {
      const before = certificates(first.name)
      await kubeadm(first.name, 'init', 'phase', ...phase.split(' '), '--config', config)
      if (!isDeepStrictEqual(certificates(first.name), before))
        throw new Error('it changed a certificate or a kubeconfig')
    })
  for (const name of configurable)
    await check(`${name}: the manifest differs as listed, and in nothing else`, async () => {
      const path = `/etc/kubernetes/manifests/${name}.yaml`
      const own = rendered.trees.find((tree) => tree.node === first.name)?.files.find((file) => file.path === path)
      const ours = parseYaml(own?.content.kind === 'text' ? own.content.text : '', path).value
      const theirs = parseYaml(readFileSync(join(rootOf(first.name), path), 'utf8'), path).value
      const found = compareManifests(ours, theirs)
      const listed = ofManifests
        .filter((entry) => entry.component === name || entry.component === '*')
        .map((entry) => entry.place)
      const unlisted = found.filter((place) => !listed.includes(place))
      const missing = ofManifests
        .filter((entry) => (entry.component === name || entry.component === '*') && !found.includes(entry.place))
        .map(({ place }) => place)
      if (unlisted.length + missing.length > 0)
        throw new Error(`not listed: ${unlisted.join(', ')}; listed and not there: ${missing.join(', ')}`)
    })
  process.stdout.write(`phases left out of kubeadm init: ${skippedPhases.join(', ')}\n`)
} finally {
  if (process.env.KEEP) process.stdout.write(`${folder}\n`)
  else rmSync(folder, { recursive: true })
}
const { passed, failed } = summary()
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function place(node: string, path: string, content: string | Buffer): void {
  const target = join(rootOf(node), path)
  mkdirSync(dirname(target), { recursive: true })
  mkdirSync(join(rootOf(node), 'tmp'), { recursive: true })
  writeFileSync(target, content, { mode: 0o600 })
}

/** What kubeadm must leave alone, by path. */
function certificates(node: string): Record<string, string> {
  const root = join(rootOf(node), 'etc', 'kubernetes')
  const names = ['pki/ca.crt', 'pki/apiserver.crt', 'pki/etcd/server.crt', 'pki/sa.pub', 'admin.conf', 'scheduler.conf']
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]))
}
