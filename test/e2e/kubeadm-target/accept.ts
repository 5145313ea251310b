// The real kubeadm on the kubeadm target, chrooted into folders that hold nothing but a node's files: it accepts the configuration, takes
// certificates and kubeconfigs as they are, and writes manifests that differ from our own exactly as templates/kubeadm/differences.ts says.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { configurable } from '../../../cluster/components.ts'
import { loadHosts } from '../../../cluster/hosts.ts'
import { loadLock } from '../../../cluster/lock.ts'
import { buildModel } from '../../../cluster/model.ts'
import { loadSpec } from '../../../cluster/spec.ts'
import { run } from '../../../lib/exec.ts'
import { parseYaml } from '../../../lib/yaml.ts'
import { initPki } from '../../../pki/init.ts'
import { loadPublicPki } from '../../../pki/public.ts'
import { compareManifests } from '../../../templates/kubeadm/compare.ts'
import { skippedPhases } from '../../../templates/kubeadm/differences.ts'
import { forKubeadm, kubeadmPlaces } from '../../../templates/kubeadm/target.ts'
import { renderCluster } from '../../../templates/render.ts'
import { takePrograms } from '../conflicts/binaries.ts'
import { check, checkout, must } from '../harness.ts'
import { expectListed } from './listed.ts'

/** The checks that need no host. */
export async function accept(bundle: string, key: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-kubeadm-'))
  try {
    await inFolder(folder, bundle, key)
  } finally {
    if (process.env.KEEP) process.stdout.write(`${folder}\n`)
    else rmSync(folder, { recursive: true })
  }
}

async function inFolder(folder: string, bundle: string, key: string): Promise<void> {
  const rootOf = (node: string) => join(folder, node)
  const kubeadm = (node: string, ...args: string[]) => run([join(folder, 'kubeadm'), '--rootfs', rootOf(node), ...args])
  await must('kubeadm of the bundle', () => takePrograms(bundle, key, folder, ['kubeadm']))
  const fixtures = join(checkout, 'test', 'fixtures')
  const spec = await loadSpec(join(fixtures, 'redoubt.yaml'))
  const model = buildModel(spec, await loadHosts(join(fixtures, 'hosts.yaml')))
  const keys = join(folder, 'keys')
  await must('a PKI', () => initPki({ spec, folder: keys, now: new Date() }))
  const pki = await loadPublicPki(keys)
  const lock = await loadLock(join(fixtures, 'redoubt.lock.yaml'))
  const rendered = renderCluster({
    model,
    lock,
    pki,
    reveal: () => '',
    authorities: () => '',
    off: [],
  })
  const input = { model, pki, lock }
  for (const { node, files } of forKubeadm(input, rendered).trees)
    for (const { path, content } of files) {
      if (content.kind === 'secret') place(rootOf(node), path, readFileSync(join(keys, content.ref)))
      else if (content.kind !== 'blob') place(rootOf(node), path, content.text)
    }
  for (const { name } of model.nodes)
    await check(`kubeadm config validate: ${name}`, () =>
      kubeadm(name, 'config', 'validate', '--config', kubeadmPlaces.config),
    )
  const [first] = model.controlPlanes
  if (!first) throw new Error('no control plane')
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane all', 'etcd local'])
    await check(`kubeadm init phase ${phase}`, async () => {
      const before = certificates(rootOf(first.name))
      await kubeadm(first.name, 'init', 'phase', ...phase.split(' '), '--config', kubeadmPlaces.config)
      if (!isDeepStrictEqual(certificates(rootOf(first.name)), before))
        throw new Error('it changed a certificate or a kubeconfig')
    })
  for (const name of configurable)
    await check(`${name}: the manifest differs as listed, and in nothing else`, async () => {
      const path = `/etc/kubernetes/manifests/${name}.yaml`
      const own = rendered.trees.find((tree) => tree.node === first.name)?.files.find((file) => file.path === path)
      const ours = parseYaml(own?.content.kind === 'text' ? own.content.text : '', path).value
      const theirs = parseYaml(readFileSync(join(rootOf(first.name), path), 'utf8'), path).value
      expectListed(name, compareManifests(ours, theirs))
    })
  process.stdout.write(`phases left out of kubeadm init: ${skippedPhases.join(', ')}\n`)
}

function place(root: string, path: string, content: string | Buffer): void {
  const target = join(root, path)
  mkdirSync(dirname(target), { recursive: true })
  mkdirSync(join(root, 'tmp'), { recursive: true })
  writeFileSync(target, content, { mode: 0o600 })
}

/** What kubeadm must leave alone, by path. */
function certificates(root: string): Record<string, string> {
  const names = ['pki/ca.crt', 'pki/apiserver.crt', 'pki/etcd/server.crt', 'pki/sa.pub', 'admin.conf', 'scheduler.conf']
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, 'etc', 'kubernetes', name), 'utf8')]))
}
