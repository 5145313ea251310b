// Images as their makers publish them, pushed into a registry on this machine that stands in for theirs.
import { chmod, copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from '../../../lib/exec.ts'
import { exists } from '../../../lib/files.ts'
import { folder, registry } from './places.ts'
import { type Program, program } from './programs.ts'

interface Published {
  /** What runs, beside links to it. */
  path: string
  program: Program | 'busybox'
  links?: readonly string[]
  user?: string
}

const operator = (name: Program): Published => ({ path: `bin/${name}`, program: name, user: '65534' })

/** By the names that charts give them. */
export const images = {
  'quay.io/prometheus-operator/prometheus-operator:v0.85.0': operator('prometheus-operator'),
  'quay.io/prometheus-operator/prometheus-config-reloader:v0.85.0': operator('prometheus-config-reloader'),
  'quay.io/prometheus/alertmanager:v0.28.1': operator('alertmanager'),
  'docker.io/rancher/local-path-provisioner:v0.0.30': operator('local-path-provisioner'),
  'docker.io/library/busybox:1.35': { path: 'bin/busybox', program: 'busybox', links: ['sh', 'mkdir', 'rm', 'sleep'] },
  'registry.example.internal:5000/team/greeter-operator:0.1.0': operator('greeter'),
  'registry.example.internal:5000/team/greeter:0.1.0': { ...operator('greeter'), user: '65532' },
} satisfies Record<string, Published>

export type ImageName = keyof typeof images

/** Where the registry on this machine has what is called `quay.io/a/b:1` or `registry.example.internal:5000/a/b:1`. */
export function mirrorOf(name: string): string {
  return `${registry}/${name.replace(/:5000\//, '/')}`
}

/** Puts all of them into the registry; busybox as an index of two platforms, as Docker Hub has it. */
export async function publishImages(): Promise<void> {
  for (const [name, image] of Object.entries(images)) await publish(name, image)
  const name = mirrorOf('docker.io/library/busybox:1.35')
  const crane = program('crane')
  await run([crane, 'mutate', '--set-platform', 'linux/arm64', '-t', `${name}-arm64`, name])
  await run([crane, 'tag', name, '1.35-amd64'])
  await run([crane, 'index', 'append', '-m', `${name}-amd64`, '-m', `${name}-arm64`, '-t', name])
}

async function publish(name: string, image: Published): Promise<void> {
  const root = join(folder, 'root')
  await rm(root, { recursive: true, force: true })
  const path = join(root, image.path)
  await mkdir(dirname(path), { recursive: true })
  await mkdir(join(root, 'tmp'))
  await copyFile(image.program === 'busybox' ? await busybox() : program(image.program), path)
  await chmod(path, 0o755)
  for (const link of image.links ?? []) await symlink(`/${image.path}`, join(root, 'bin', link))
  const layer = join(folder, 'layer.tar')
  const fixed = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  await run(['tar', ...fixed, '-C', root, '-cf', layer, '.'])
  const place = mirrorOf(name)
  const crane = program('crane')
  await run([crane, 'append', '--oci-empty-base', '-f', layer, '-t', place])
  const config = ['--entrypoint', `/${image.path}`, '--set-platform', 'linux/amd64', '--env', 'PATH=/bin']
  await run([crane, 'mutate', ...config, ...(image.user ? ['--user', image.user] : []), '-t', place, place])
  await Promise.all([root, layer].map((made) => rm(made, { recursive: true })))
}

/** Debian's static busybox, for the scripts of helper pods. */
async function busybox(): Promise<string> {
  const place = join(folder, 'busybox')
  const found = join(place, 'bin/busybox')
  if (await exists(found)) return found
  await mkdir(place, { recursive: true })
  await run(['sh', '-c', 'apt-get -q download busybox-static && dpkg-deb -x busybox-static_*.deb .'], { cwd: place })
  return found
}

/** The registry's configuration file. */
export async function registryConfig(): Promise<string> {
  const path = join(folder, 'registry.yml')
  const storage = `storage: {filesystem: {rootdirectory: ${join(folder, 'registry')}}}`
  await writeFile(path, `version: 0.1\n${storage}\nhttp: {addr: "${registry}"}\nlog: {level: error}\n`)
  return path
}
