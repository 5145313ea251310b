// For each Kubernetes version: the real programs start with what render writes for it, and each is seen to refuse what it does not know.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { paths, ports } from '../../../cluster/components.ts'
import { objectName, objectPath } from '../../../cluster/objects.ts'
import { run } from '../../../lib/exec.ts'
import { httpsRequest } from '../../../lib/https.ts'
import { type Api, createApi } from '../../../scripts/api.ts'
import { forKubeadm, kubeadmPlaces } from '../../../templates/kubeadm/target.ts'
import { check, must, StepFailed, summary } from '../harness.ts'
import { kubeletCommand, kubeProxy, podCommand } from './components.ts'
import { compareFlags } from './flags.ts'
import { makeNode, type Node, put } from './node.ts'
import type { Programs } from './programs.ts'
import { refusals } from './refusals.ts'
import { type Started, start, stop, untilReady, untilSays } from './start.ts'

/** Seconds that a program has to be ready in, on a machine that does other things too. */
const patience = 120
/** What they write of a field that they drop (kube-proxy, the audit policy) and of a flag that will go. */
const complaint = /^.*(lenient|strict decoding|unknown field|unrecognized|flag \S+ has been deprecated).*$/gim
const versions: Programs = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'))

for (const [version, programs] of Object.entries(versions)) {
  process.stdout.write(`${version}\n`)
  const running: Started[] = []
  const root = join('/mnt', version)
  try {
    await tryVersion(version, programs, root, running)
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
  } finally {
    for (const started of running.reverse()) await stop(started)
    await run(['umount', join(root, 'proc'), join(root, 'sys')])
    rmSync(root, { recursive: true })
  }
}
const { passed, failed } = summary()
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

async function tryVersion(
  version: string,
  programs: Programs[string],
  root: string,
  running: Started[],
): Promise<void> {
  placePrograms(programs, join(root, 'usr/bin'))
  let made: Node | undefined
  await must('it renders, with an identity provider and an audit sink', async () => {
    made = await makeNode(version, root)
  })
  if (!made) return
  const node = made
  const begin = (command: readonly string[]): Started => {
    const started = start(root, command)
    running.push(started)
    return started
  }
  const api = administrator(node)

  placeKubeadm(node)
  for (const { name } of node.model.nodes)
    await check(`kubeadm config validate: ${name}`, () =>
      run(['chroot', root, 'kubeadm', 'config', 'validate', '--config', `/kubeadm/${name}/kubeadm.yaml`]),
    )
  await must('etcd is ready', () =>
    untilReady(
      begin(podCommand(node, 'etcd')),
      () => unanswered(`http://127.0.0.1:${ports.etcdMetrics}/readyz`),
      patience,
    ),
  )
  await must('kube-apiserver is ready', () =>
    untilReady(begin(podCommand(node, 'kube-apiserver')), () => api.notReady(), patience),
  )
  for (const { name, objects } of node.rendered.objects)
    await check(`kube-apiserver takes every object of ${name}, and knows each of their fields`, async () => {
      for (const object of objects) await applyStrictly(api, object)
    })
  for (const [name, port] of [
    ['kube-controller-manager', ports.controllerManager],
    ['kube-scheduler', ports.scheduler],
  ] as const)
    await check(`${name} is healthy`, () =>
      untilReady(
        begin(podCommand(node, name)),
        () => unhealthy(port, node.pki.trust('api-servers-and-root')),
        patience,
      ),
    )
  // Here the kubelet has read, converted and validated flags and configuration; what it asks for next is a container runtime.
  await check('kubelet takes its configuration and asks for the container runtime', () =>
    untilSays(begin(kubeletCommand(node)), /validate CRI v1 runtime API for endpoint/, patience),
  )
  await check('kube-proxy takes its configuration and asks for nft', async () => {
    await placeKubeProxy(node, api)
    await untilSays(begin(kubeProxy(node).command), /could not find nftables binary/, patience)
  })
  await check('none of them takes a file leniently, or complains of a flag', async () => {
    const complaints = running.flatMap(({ text }) => text().match(complaint) ?? [])
    if (complaints.length > 0) throw new Error(complaints.join('\n'))
  })
  await check('its flags are those of the table of differences', () => compareFlags(root, node.model.minor))
  for (const { name, tries } of refusals(node, api)) await check(name, tries)
}

/** The API server as the one identity that has rights before any object is applied. */
function administrator({ model, keys, pki }: Node): Api {
  const key = readFileSync(join(keys, 'super-admin.key'), 'utf8')
  return createApi({
    url: model.endpoint.url,
    ca: pki.trust('api-servers-and-root'),
    cert: pki.certificate('super-admin'),
    key,
  })
}

/** As `Api.apply`, but a field that the server does not know is an error instead of dropped. */
async function applyStrictly(api: Api, object: Parameters<Api['apply']>[0]): Promise<void> {
  const { status, body } = await api.request(
    `${objectPath(object)}?fieldManager=redoubt&force=true&fieldValidation=Strict`,
    {
      method: 'PATCH',
      contentType: 'application/apply-patch+yaml',
      body: object,
    },
  )
  if (status >= 300) throw new Error(`${objectName(object)}: ${status} ${JSON.stringify(body).slice(0, 600)}`)
}

/** Undefined where it answers 200. */
function unanswered(url: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, timeout: 2000 }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200 ? undefined : `${url}: ${answer.statusCode}`)
    }).on('error', reject)
  })
}

async function unhealthy(port: number, ca: string): Promise<string | undefined> {
  const { status } = await httpsRequest({ url: `https://127.0.0.1:${port}/healthz`, tls: { ca }, timeout: 2000 })
  return status === 200 ? undefined : `/healthz: ${status}`
}

function placePrograms(programs: Programs[string], folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, path] of Object.entries(programs)) {
    copyFileSync(path, join(folder, name))
    chmodSync(join(folder, name), 0o755)
  }
}

/** Each node's configuration in a folder of its own; what configurations name lies where nodes have it. */
function placeKubeadm(node: Node): void {
  for (const tree of forKubeadm(node, node.rendered).trees)
    for (const { path, content } of tree.files) {
      if (content.kind !== 'text' || !path.startsWith(`${paths.kubernetes}/kubeadm/`)) continue
      const own = path === kubeadmPlaces.config ? join('kubeadm', tree.node, 'kubeadm.yaml') : path
      put(join(node.root, own), content.text)
    }
}

/** Its configuration where the pod has it, its service account's token, and the node's address that a kubelet would have told. */
async function placeKubeProxy(node: Node, api: Api): Promise<void> {
  for (const [name, text] of Object.entries(kubeProxy(node).files))
    put(join(node.root, 'var/lib/kube-proxy', name), text)
  const address = { type: 'InternalIP', address: node.model.nodes[0]?.address }
  await api.request(`/api/v1/nodes/${node.tree.node}/status`, {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { status: { addresses: [address] } },
  })
  const { body } = await api.request('/api/v1/namespaces/kube-system/serviceaccounts/kube-proxy/token', {
    method: 'POST',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  })
  const folder = join(node.root, 'var/run/secrets/kubernetes.io/serviceaccount')
  put(join(folder, 'token'), (body as { status: { token: string } }).status.token)
  put(join(folder, 'ca.crt'), readFileSync(join(node.root, paths.pki, 'ca.crt')))
}
