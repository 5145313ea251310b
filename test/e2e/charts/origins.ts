// The connected side: a registry with images and charts, and a chart repository, both on loopback.
import { spawn } from 'node:child_process'
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { basename, join } from 'node:path'
import { run } from '../../../lib/exec.ts'
import { checkout } from '../harness.ts'
import { publishImages, registryConfig } from './images.ts'
import { folder, registry, repository } from './places.ts'
import { moduleFolder, program } from './programs.ts'

const shelf = join(folder, 'charts')

/** Does `work` while registry and chart repository answer. */
export async function withOrigins(work: () => Promise<void>): Promise<void> {
  await rm(join(folder, 'registry'), { recursive: true, force: true })
  const child = spawn(program('registry'), ['serve', await registryConfig()], { stdio: 'ignore' })
  // Whoever ends this test ends its registry: the next run's could not listen.
  const ended = () => {
    child.kill()
    process.exit(130)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, ended)
  const server = await serveShelf()
  try {
    const answers = `for i in $(seq 100); do ${program('crane')} catalog ${registry} >/dev/null 2>&1 && exit; sleep 0.2; done; exit 1`
    await run(['sh', '-c', answers])
    if (child.exitCode !== null) throw new Error(`another program listens at ${registry}`)
    await publishImages()
    await publishCharts()
    await work()
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, ended)
    child.kill()
    server.closeAllConnections()
    server.close()
    await rm(join(folder, 'registry'), { recursive: true, force: true })
  }
}

/**
 * Two of our own in the registry: the operator's with the definitions of its module, a small one with a chart in it. In the repository the
 * chart of local-path-provisioner, as its module has it.
 */
async function publishCharts(): Promise<void> {
  await rm(shelf, { recursive: true, force: true })
  await mkdir(shelf)
  const made = join(folder, 'made')
  await rm(made, { recursive: true, force: true })
  await cp(join(checkout, 'test/e2e/charts/charts'), made, { recursive: true })
  const monitoring = await moduleFolder('github.com/prometheus-operator/prometheus-operator')
  await mkdir(join(made, 'alerting/crds'))
  for (const name of ['alertmanagers', 'alertmanagerconfigs', 'prometheuses', 'prometheusrules', 'servicemonitors']) {
    const file = `monitoring.coreos.com_${name}.yaml`
    await cp(join(monitoring, 'example/prometheus-operator-crd', file), join(made, 'alerting/crds', file))
  }
  for (const name of ['alerting', 'greetings']) {
    await helm('package', join(made, name), '--destination', made)
    await helm(
      'push',
      '--plain-http',
      join(made, `${name}-0.1.0.tgz`),
      `oci://${registry}/registry.example.internal/charts`,
    )
  }
  const storage = await moduleFolder('github.com/rancher/local-path-provisioner')
  await helm('package', join(storage, 'deploy/chart/local-path-provisioner'), '--destination', shelf)
  await helm('repo', 'index', shelf, '--url', `http://${repository}`)
}

/** helm with folders of its own. */
async function helm(...words: string[]): Promise<void> {
  const homes = ['CACHE', 'CONFIG', 'DATA'].map((name) => [`HELM_${name}_HOME`, join(folder, 'helm')])
  await run([program('helm'), ...words], { env: Object.fromEntries(homes) })
}

function serveShelf(): Promise<Server> {
  const server = createServer((request, response) => {
    readFile(join(shelf, basename(request.url ?? ''))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  const [host, port] = repository.split(':')
  return new Promise((resolve) => server.listen(Number(port), host, () => resolve(server)))
}
