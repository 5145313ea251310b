import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type HostFacts, type Hosts, loadHosts, surveyedSysctls } from '../../cluster/hosts.ts'
import { parseLock } from '../../cluster/lock.ts'
import { buildModel } from '../../cluster/model.ts'
import { parseSpec } from '../../cluster/spec.ts'
import { parseYaml } from '../../lib/yaml.ts'
import { loadPublicPki, type PublicPki } from '../../pki/public.ts'
import type { RenderInput } from '../../templates/render.ts'

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'fixtures')
export const fixture = (name: string) => join(folder, name)

/** What the encryption key's file holds, as far as these tests know. */
export const encryptionKey = 'Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSE='

/** The input that renders the fixture cluster: one control plane, one worker, on unlike hosts. */
export async function fixtureInput(): Promise<RenderInput> {
  const spec = parseSpec(readFileSync(fixture('redoubt.yaml'), 'utf8'), 'redoubt.yaml')
  return {
    model: buildModel(spec, await loadHosts(fixture('hosts.yaml'))),
    lock: parseLock(readFileSync(fixture('redoubt.lock.yaml'), 'utf8'), 'redoubt.lock.yaml'),
    pki: await loadPublicPki(fixture('keys')),
    reveal: () => `${encryptionKey}\n`,
    authorities: named,
    off: [],
    where: spec.where,
  }
}

/** A host as most machines are. */
export const plainHost: HostFacts = {
  os: 'debian 12',
  architecture: 'amd64',
  cgroup: 'v2',
  systemd: 252,
  swap: false,
  defaultRoute: true,
  interface: 'eth0',
  mtu: 1500,
  canLowerOomScore: true,
  writableSysctls: Object.fromEntries(surveyedSysctls.map((name) => [name, true])),
  sshHostKey: '',
}

/** As fixtureInput for any shape: `nodes` as `NAME ROLE`, hosts and further lines of the spec as given, a PKI of plain names. */
export async function inputOf(
  nodes: readonly string[],
  {
    host = {},
    extra = '',
    kubernetes = 'v1.36.3',
  }: { host?: Partial<HostFacts>; extra?: string; kubernetes?: string } = {},
): Promise<RenderInput> {
  const lines = nodes.map((node, index) => {
    const [name, role] = node.split(' ')
    return `    - {name: ${name}, role: ${role}, address: 10.77.0.${11 + index}}`
  })
  const head = ['apiVersion: redoubt.dev/v1alpha1', 'kind: Cluster', 'metadata: {name: lab}', 'spec:']
  return inputOfSpec([...head, `  kubernetes: ${kubernetes}`, '  nodes:', ...lines, extra].join('\n'), host)
}

/** The same for the text of a whole redoubt.yaml, on hosts that are all alike. */
export async function inputOfSpec(text: string, host: Partial<HostFacts> = {}): Promise<RenderInput> {
  const spec = parseSpec(text, 'redoubt.yaml')
  const measured = {
    kernel: '6.1',
    cpus: 2,
    memoryMiB: 4096,
    diskFreeMiB: 9000,
    diskFreePercent: 50,
    clockSkewSeconds: 0,
  }
  const hosts: Hosts = {
    apiVersion: 'redoubt.dev/v1alpha1',
    kind: 'Hosts',
    hosts: Object.fromEntries(
      spec.spec.nodes.map(({ name }) => [name, { facts: { ...plainHost, ...host }, measured }]),
    ),
  }
  const fixed = await fixtureInput()
  return { ...fixed, model: buildModel(spec, hosts), pki: namedPki, where: spec.where }
}

const named = (id: string) => `-----BEGIN CERTIFICATE-----\n${id}\n-----END CERTIFICATE-----\n`
const secret = (ref: string) => ({ ref, sha256: '0'.repeat(64), size: 1 })

/** Certificates that say nothing but their id. */
const namedPki: PublicPki = {
  cluster: 'lab',
  certificate: named,
  authority: named,
  bundle: (ids) => ids.map(named).join(''),
  trust: (name) => named(`trust ${name}`),
  key: (id) => secret(`${id}.key`),
  secret: (id) => secret(id === 'encryption-config' ? 'encryption-config.yaml' : `${id}.key`),
  publicKey: named,
}

/** The text of a rendered file of the first node, or of the node given. */
export function textOf(trees: { node: string; files: { path: string; content: object }[] }[], path: string, node = '') {
  const tree = trees.find((candidate) => node === '' || candidate.node === node)
  const content = tree?.files.find((file) => file.path === path)?.content
  return content && 'text' in content ? String(content.text) : ''
}

/** The same, read as YAML. */
export function yamlOf(trees: Parameters<typeof textOf>[0], path: string, node = ''): Record<string, unknown> {
  return parseYaml(textOf(trees, path, node), path).value as Record<string, unknown>
}
