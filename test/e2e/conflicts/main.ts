// The rules of templates/conflicts.ts against the programs themselves: with both settings they exit and say why, without one they do not say it.
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeYaml } from '../../../lib/yaml.ts'
import { conflicts } from '../../../templates/conflicts.ts'
import { check, checkout, must, summary, workspace } from '../harness.ts'
import { type Program, takePrograms } from './binaries.ts'
import { apiServerBase, type Case, cases } from './cases.ts'

/** Milliseconds that a program has to exit in, and how much longer than that one may take which should not. */
const patience = 20_000
const longer = 3_000
let port = 23_790
let storage = ''

const [bundle = join(workspace, 'lab-0.1.0.tar'), key = join(workspace, 'bundle.pub')] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'redoubt-conflicts-'))
try {
  const programs: Program[] = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd', 'kubelet']
  await must('programs of the bundle', () => takePrograms(bundle, key, folder, programs))
  writeInputs()
  const etcd = spawn(join(folder, 'etcd'), argumentsOf('etcd', []), { cwd: folder, stdio: 'ignore' })
  storage = `http://127.0.0.1:${port}`
  try {
    for (const one of cases) await check(one.rule, () => tryCase(one))
  } finally {
    etcd.kill('SIGKILL')
  }
} finally {
  rmSync(folder, { recursive: true })
}
const { passed, failed } = summary()
process.stdout.write(
  `${passed} passed, ${failed} failed; ${conflicts.length} rules, ${cases.length} shown by the programs\n`,
)
process.exitCode = failed === 0 ? 0 : 1

async function tryCase({ rule, program, pair, alone, says }: Case): Promise<void> {
  if (!conflicts.some(({ id }) => id === rule)) throw new Error('no such rule')
  const started = performance.now()
  const both = await start(program, pair, patience)
  const took = performance.now() - started
  if (both.code === null || both.code === 0) throw new Error(`did not exit with an error:\n${both.text.slice(-800)}`)
  if (!says.test(both.text)) throw new Error(`said something else:\n${both.text.slice(-800)}`)
  const one = await start(program, alone, took + longer)
  if (says.test(one.text)) throw new Error(`says the same without the pair:\n${one.text.slice(-800)}`)
}

function start(
  program: Case['program'],
  given: readonly string[],
  time: number,
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(folder, program), argumentsOf(program, given), { cwd: folder })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data))
    const timer = setTimeout(() => child.kill('SIGKILL'), time)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, text })
    })
  })
}

function argumentsOf(program: Case['program'], given: readonly string[]): string[] {
  port += 4
  switch (program) {
    case 'kube-apiserver':
      return [...apiServerBase, `--etcd-servers=${storage}`, `--secure-port=${port}`, ...given]
    case 'kube-controller-manager':
    case 'kube-scheduler':
      return [
        '--kubeconfig=client.conf',
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        '--cert-dir=certs',
        ...given,
      ]
    case 'etcd': {
      const client = `http://127.0.0.1:${port}`
      const listen = [
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        '--listen-peer-urls=http://127.0.0.1:0',
      ]
      return [`--data-dir=etcd-${port}`, ...listen, ...given]
    }
    case 'kubelet': {
      // Never a configuration that it would take: it must not start on this machine.
      const [fields = '{}', ...flags] = given
      const config = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', eventBurst: -1 }
      writeFileSync(join(folder, `kubelet-${port}.yaml`), writeYaml({ ...config, ...JSON.parse(fields) }))
      return [`--config=kubelet-${port}.yaml`, '--root-dir=kubelet', ...flags]
    }
  }
}

function writeInputs(): void {
  mkdirSync(join(folder, 'certs'))
  const put = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), typeof value === 'string' ? value : writeYaml(value))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  put('sa.key', privateKey.export({ type: 'pkcs1', format: 'pem' }))
  for (const [name, fixture] of Object.entries({ 'a.crt': 'client-ca.crt', 'b.crt': 'front-proxy-ca.crt' }))
    copyFileSync(join(checkout, 'test', 'fixtures', 'keys', fixture), join(folder, name))
  const api = 'apiserver.config.k8s.io/v1'
  put('authentication.yaml', { apiVersion: api, kind: 'AuthenticationConfiguration', anonymous: { enabled: true } })
  put('authorization.yaml', {
    apiVersion: api,
    kind: 'AuthorizationConfiguration',
    authorizers: [{ type: 'RBAC', name: 'rbac' }],
  })
  const limits = [{ type: 'Server', qps: 1, burst: 1 }]
  put('admission.yaml', {
    apiVersion: api,
    kind: 'AdmissionConfiguration',
    plugins: [
      {
        name: 'EventRateLimit',
        configuration: { apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1', kind: 'Configuration', limits },
      },
    ],
  })
  put('client.conf', {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:1' } }],
    contexts: [{ name: 'none', context: { cluster: 'none', user: '' } }],
    'current-context': 'none',
  })
}
