// The programs of this test, compiled from the Go module proxy by the pins in programs/, kept between runs.
import { join } from 'node:path'
import { run } from '../../../lib/exec.ts'
import { exists } from '../../../lib/files.ts'
import { checkout } from '../harness.ts'
import { folder } from './places.ts'

const source = join(checkout, 'test/e2e/charts/programs')

/** Of programs/go.mod: real operators and what they start, helm, and a small operator of our own. */
const pinned = {
  helm: 'helm.sh/helm/v3/cmd/helm',
  'local-path-provisioner': 'github.com/rancher/local-path-provisioner',
  'prometheus-operator': 'github.com/prometheus-operator/prometheus-operator/cmd/operator',
  'prometheus-config-reloader': 'github.com/prometheus-operator/prometheus-operator/cmd/prometheus-config-reloader',
  alertmanager: 'github.com/prometheus/alertmanager/cmd/alertmanager',
  greeter: './greeter',
} as const

/** Modules that share too little with those. */
const installed = {
  registry: 'github.com/distribution/distribution/v3/cmd/registry@v3.0.0',
  crane: 'github.com/google/go-containerregistry/cmd/crane@v0.22.1',
} as const

export type Program = keyof typeof pinned | keyof typeof installed

/** Where a program is. */
export function program(name: Program): string {
  return join(folder, 'bin', name)
}

/** Compiles what is not there yet, one after another. */
export async function buildPrograms(): Promise<void> {
  const env = { CGO_ENABLED: '0', GOBIN: join(folder, 'bin') }
  for (const [name, place] of Object.entries(pinned))
    if (!(await exists(program(name as Program)))) {
      const words = ['-mod=readonly', '-trimpath', '-ldflags', '-s -w', '-o', program(name as Program), place]
      await run(['go', 'build', ...words], { cwd: source, env })
    }
  for (const [name, place] of Object.entries(installed))
    if (!(await exists(program(name as Program)))) await run(['go', 'install', place], { env })
}

/** The folder of a module of programs/go.mod, with its charts and definitions. */
export async function moduleFolder(module: string): Promise<string> {
  return (await run(['go', 'list', '-m', '-f', '{{.Dir}}', module], { cwd: source })).stdout.trim()
}
