// The command itself: a gap stops a build before anything is written; helm, where there is one, is asked.
import * as assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import { wantsOfTrees } from '../../../bundles/closure/rendered.ts'
import { compareWants } from '../../../bundles/closure/wants.ts'
import { packChart } from '../charts/pack.ts'
import { serveFake } from '../registry/fake.ts'
import { fixedKey } from '../small.ts'

const main = join(dirname(fileURLToPath(import.meta.url)), '../../../scripts/main.ts')
const temporary = mkdtempSync(join(tmpdir(), 'redoubt-closure-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

/** A `helm` that says what it was asked, and renders one pod. */
const helm = join(temporary, 'helm-bin')
mkdirSync(helm)
writeFileSync(
  join(helm, 'helm'),
  `#!/bin/sh
case $1 in
version) echo v3.99.0+test ;;
template) echo "$@" > ${temporary}/asked; echo "$HELM_CONFIG_HOME" >> ${temporary}/asked
  printf -- '---\\n# Source: app/templates/web.yaml\\nkind: Pod\\nspec: {containers: [{image: "quay.io/team/rendered:1"}]}\\n' ;;
esac
`,
)
chmodSync(join(helm, 'helm'), 0o755)

async function redoubt(workspace: string, args: string[], path = '/usr/bin:/bin') {
  const child = spawn(process.execPath, [main, '-w', workspace, 'bundle', ...args], {
    env: { ...process.env, PATH: path, NO_COLOR: '1', XDG_CACHE_HOME: join(temporary, 'xdg') },
  })
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((done) => child.once('close', done)),
  ])
  return { stdout, stderr, status }
}

let made = 0
function workspace(fields: string): string {
  const folder = join(temporary, `ws${made++}`)
  mkdirSync(join(folder, 'apps'), { recursive: true })
  writeFileSync(
    join(folder, 'redoubt.yaml'),
    `apiVersion: redoubt.dev/v1alpha1\nkind: Bundle\nmetadata: {name: tools}\nspec:\n${fields}`,
  )
  writeFileSync(
    join(folder, 'apps/web.yaml'),
    'kind: Pod\nspec:\n  containers:\n    - image: nginx:1.27\n    - image: auto\n',
  )
  writeFileSync(join(folder, 'bundle.key'), fixedKey(3).privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  })
  return folder
}

test('an image that nobody carries stops a build before it writes: where it is, and the line that mends it', async () => {
  const folder = workspace('  manifests: [apps]\n  notImages: [{image: auto, reason: a webhook fills it in}]\n')
  const { status, stdout, stderr } = await redoubt(folder, ['build'])
  assert.equal(status, 1, stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /1 of the images that will be applied/)
  assert.match(stderr, /docker.io\/library\/nginx:1.27\n +apps\/web.yaml:4:7, as nginx:1.27/)
  assert.match(stderr, /under spec.images:\n +- docker.io\/library\/nginx:1.27/)
  assert.doesNotMatch(stderr, /build redoubt itself|auto/)
  assert.ok(!existsSync(join(folder, 'tools-0.1.0.tar')) && !existsSync(join(folder, 'redoubt.lock.yaml')))
})

test('images shows who wants what, also what is waived, and says what no waiver is needed for', async () => {
  const waivers = '[{image: auto, reason: a webhook fills it in}, {image: gone, reason: was there before}]'
  const folder = workspace(`  manifests: [apps]\n  notImages: ${waivers}\n`)
  const { status, stdout, stderr } = await redoubt(folder, ['images'])
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^missing +docker.io\/library\/nginx:1.27 +apps\/web.yaml:4:7$/m)
  assert.match(stdout, /^waived +docker.io\/library\/auto:latest +apps\/web.yaml:5:7$/m)
  assert.match(stderr, /nothing names gone any more/)
  assert.match(stderr, /0 carried, 1 missing, 0 maybe, 1 waived/)
})

test('what we render ourselves is looked at: pods of nodes, objects, the pause image; ours by name', async () => {
  const folder = join(temporary, 'trees')
  cpSync(join(dirname(main), '../test/templates/golden'), join(folder, 'rendered'), { recursive: true })
  const wants = await wantsOfTrees(folder)
  const own = [
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'coredns',
    'pause',
    'agnhost',
  ]
  const carried = own.map((name) => ({
    name: `redoubt.dev/${name}`,
    digest: '',
    own: true,
    where: `component ${name}`,
  }))
  assert.ok(
    wants.some(({ image, where }) => image.startsWith('redoubt.dev/pause@') && /containerd\/config.toml$/.test(where)),
  )
  assert.ok(
    wants.some(
      ({ image, where }) => image.startsWith('redoubt.dev/etcd@') && /manifests\/etcd.yaml:\d+:\d+$/.test(where),
    ),
  )
  const { images } = compareWants(wants, carried, [])
  assert.deepEqual(
    images.filter(({ state }) => state !== 'carried'),
    [],
  )
  const without = compareWants(wants, carried.slice(0, -2), []).images
  assert.ok(without.some(({ image, state }) => image.startsWith('redoubt.dev/pause@') && state === 'missing'))
})

test('a chart is rendered by helm where there is one, with the values that it is installed with; else it is read', async () => {
  const archive = packChart('app', {
    'values.yaml': 'image: quay.io/team/valued:1\n',
    'templates/web.yaml': 'image: {{ .Values.image }}\n',
  })
  const index = 'entries:\n  app:\n  - name: app\n    version: 1.0.0\n    urls: [app.tgz]\n'
  const fake = await serveFake(({ path }, response) => void response.end(path === '/index.yaml' ? index : archive))
  const chart = `{repository: "http://${fake.host}", name: app, version: 1.0.0, values: apps/values.yaml}`
  const folder = workspace(`  charts: [${chart}]\n  registries: [{host: "${fake.host}", plainHttp: true}]\n`)
  writeFileSync(join(folder, 'apps/values.yaml'), 'extra: {image: "quay.io/team/extra:2"}\n')
  const rendered = JSON.parse((await redoubt(folder, ['images', '-o', 'json'], `${helm}:/usr/bin:/bin`)).stdout)
  assert.equal(rendered.helm, 'v3.99.0+test')
  assert.deepEqual(
    rendered.images.map(({ image, state }: { image: string; state: string }) => [image, state]),
    [['quay.io/team/rendered:1', 'missing']],
  )
  assert.equal(rendered.images[0].wantedBy[0].where, 'app 1.0.0: app/templates/web.yaml')
  const [asked = '', config = ''] = readFileSync(join(temporary, 'asked'), 'utf8').split('\n')
  assert.match(asked, /^template .*--skip-tests.* --values .*apps\/values.yaml$/)
  assert.match(config, /xdg\/redoubt\/work\//)
  const { stdout, stderr } = await redoubt(folder, ['images'])
  assert.match(stdout, /quay.io\/team\/valued:1 +app 1.0.0: values.yaml: image\n/)
  assert.match(stdout, /quay.io\/team\/extra:2/)
  assert.match(stderr, /charts by their values/)
  assert.match(stderr, /only helm can tell the images of app 1.0.0: templates\/web.yaml/)
  await fake.close()
})

test.run()
