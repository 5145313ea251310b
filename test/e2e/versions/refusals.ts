// What the programs must refuse. Without this, a program that takes anything would pass for one that takes what was rendered.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Api } from '../../../scripts/api.ts'
import { kubeletCommand, kubeProxy, podCommand } from './components.ts'
import { type Node, put } from './node.ts'
import { start, stop, untilSays } from './start.ts'

interface Refusal {
  name: string
  tries: () => Promise<unknown>
}

const patience = 60

/** One flag too many for each program, one field too many for each file and for an object. */
export function refusals(node: Node, api: Api): Refusal[] {
  const kubelet = kubeletCommand(node)
  const proxy = kubeProxy(node).command
  const commands: Record<string, string[]> = {
    etcd: podCommand(node, 'etcd'),
    'kube-apiserver': podCommand(node, 'kube-apiserver'),
    'kube-controller-manager': podCommand(node, 'kube-controller-manager'),
    'kube-scheduler': podCommand(node, 'kube-scheduler'),
    kubelet,
    'kube-proxy': proxy,
  }
  const files: [string, string, string, string[]][] = [
    ['kubelet', 'its configuration', '/var/lib/kubelet/config.yaml', kubelet],
    ['kube-proxy', 'its configuration', '/var/lib/kube-proxy/config.conf', proxy],
    ['kubeadm', 'its configuration', '/kubeadm/cp1/kubeadm.yaml', ['kubeadm', 'config', 'validate', '--config']],
    ...['authentication', 'admission', 'encryption'].map((name): (typeof files)[number] => [
      'kube-apiserver',
      `the ${name} file`,
      `/etc/kubernetes/apiserver/${name}.yaml`,
      [...podCommand(node, 'kube-apiserver'), '--secure-port=7443'], // its own is taken: it must come as far as the files
    ]),
  ]
  return [
    ...Object.entries(commands).map(([name, command]) => ({
      name: `${name} refuses a flag that it does not know`,
      tries: () => refuses(node.root, [...command, '--no-such-flag=1'], /no-such-flag/),
    })),
    ...files.map(([name, what, path, command]) => ({
      name: `${name} names a field of ${what} that it does not know, and ends`,
      tries: () => {
        const spoiled = `${path}.spoiled`
        const text = readFileSync(join(node.root, path), 'utf8')
        put(join(node.root, spoiled), text.replace(/^apiVersion: .*$/m, '$&\nnoSuchField: 1'))
        const words = name === 'kubeadm' ? [...command, spoiled] : command.map((word) => word.replace(path, spoiled))
        return refuses(node.root, words, /noSuchField/)
      },
    })),
    {
      name: 'kube-apiserver refuses a field of an object that it does not know',
      tries: () => refusesField(api),
    },
  ]
}

/** Throws unless the program ends with an error and says what. */
async function refuses(root: string, command: readonly string[], says: RegExp): Promise<void> {
  const started = start(root, command)
  try {
    await untilSays(started, says, patience)
    const code = await Promise.race([started.ended, new Promise((resolve) => setTimeout(resolve, 30_000, 'running'))])
    if (code === 0 || code === 'running') throw new Error(`did not end with an error: ${code}`)
  } finally {
    await stop(started)
  }
}

async function refusesField(api: Api): Promise<void> {
  const { status, body } = await api.request(
    '/api/v1/namespaces/default/configmaps?fieldValidation=Strict&dryRun=All',
    {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, noSuchField: 1 },
    },
  )
  if (status !== 400 || !JSON.stringify(body).includes('noSuchField')) throw new Error(`answered ${status}`)
}
