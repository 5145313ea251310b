import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run, stream } from '../../../lib/exec.ts'
import { exists } from '../../../lib/files.ts'
import { check, checkout, expectMatch, expectSame, must, on, state } from '../harness.ts'
import { archive } from './bundle.ts'

const craneModule = 'github.com/google/go-containerregistry/cmd/crane@v0.22.1'
const layout = join(state, 'layout')

interface Index {
  manifests: { digest: string; annotations: Record<string, string> }[]
}

/** Tools that know nothing of us read the bundle: skopeo from the archive, ctr by import, crane from the layout. */
export async function peers(): Promise<void> {
  await rm(layout, { recursive: true, force: true })
  await mkdir(layout)
  await run(['tar', '-C', layout, '-xf', archive, 'oci-layout', 'index.json', 'blobs'])
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as Index
  const etcd = index.manifests.find((one) => /\/etcd:/.test(one.annotations['io.containerd.image.name'] ?? ''))
  const name = etcd?.annotations['io.containerd.image.name'] ?? ''
  const digest = etcd?.digest ?? ''
  await check('skopeo inspect oci-archive: gives the digest of the index', async () => {
    const { stdout } = await run(['skopeo', 'inspect', `oci-archive:${archive}:${name}`])
    expectSame(JSON.parse(stdout).Digest, digest, 'digest')
  })
  await check('crane takes all images into a registry, by the same digest', () =>
    withCrane((crane) => pushAll(crane, digest)),
  )
  await check('ctr imports the whole file on a node, under both names', async () => {
    const ssh = [join(checkout, 'redoubt'), 'lab', 'ssh', 'cp1', '--'] as const
    await stream([...ssh, 'ctr -n peers images import --no-unpack -'], {
      stdin: createReadStream(archive, { highWaterMark: 4 << 20 }),
    })
    const { stdout } = await on(
      'cp1',
      'ctr -n peers images ls -q; ctr -n peers images rm --sync $(ctr -n peers images ls -q) >/dev/null',
    )
    expectMatch(stdout, new RegExp(`^${name}$`, 'm'))
    expectMatch(stdout, new RegExp(`^redoubt\\.dev/etcd@${digest}$`, 'm'))
  })
  await rm(layout, { recursive: true })
}

/** crane, built from the module proxy and kept. */
async function withCrane(work: (crane: string) => Promise<void>): Promise<void> {
  const crane = join(state, 'bin', 'crane')
  if (!(await exists(crane)))
    await must('crane builds', () => run(['go', 'install', craneModule], { env: { GOBIN: join(state, 'bin') } }))
  await work(crane)
}

async function pushAll(crane: string, digest: string): Promise<void> {
  const address = '127.0.0.1:5077'
  const disk = join(state, 'registry')
  await mkdir(disk, { recursive: true })
  const registry = spawn(crane, ['registry', 'serve', '--address', address, '--disk', disk], {
    stdio: 'ignore',
  })
  try {
    const push = ['push', '--insecure', '--index', layout, `${address}/redoubt/bundle:all`]
    await run(['sh', '-c', 'for i in $(seq 50); do "$@" && exit; sleep 0.1; done; exit 1', 'sh', crane, ...push])
    const { stdout } = await run([crane, 'manifest', '--insecure', `${address}/redoubt/bundle:all`])
    expectMatch(stdout, new RegExp(digest))
  } finally {
    registry.kill()
    await rm(disk, { recursive: true })
  }
}
