import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { exists } from '../../../lib/files.ts'
import { check, expectCode, expectMatch, expectSame, must } from '../harness.ts'
import { withOrigins } from './origins.ts'
import { archive, redoubt, workspace } from './places.ts'
import { buildPrograms, program } from './programs.ts'
import { type Digests, operands, writeSpec, writeValues } from './spec.ts'

/** The connected side: forgotten images are named before anything is built; then the bundle. */
export async function bundle(): Promise<void> {
  await must('programs compile', buildPrograms)
  await copyFile(program('helm'), join(workspace, 'helm'))
  for (const name of ['redoubt.lock.yaml', 'rendered', archive])
    await rm(name === archive ? archive : join(workspace, name), { recursive: true, force: true })
  if (!(await exists(join(workspace, 'bundle.key')))) await expectCode(0, redoubt('bundle', 'keygen'))
  await withOrigins(async () => {
    await check('what operators start is not carried: the build stops, and says who wants it', forgotten)
    await must('declared, the bundle closes; what is named by tag is told, with its digest', pinned)
    await must('with digests it is built', async () => {
      await expectCode(0, redoubt('bundle', 'lock', '--update'))
      const { stderr } = await expectCode(0, redoubt('bundle', 'build'))
      expectMatch(stderr, /charts as helm v\d/)
      if (/warning/.test(stderr)) throw new Error(stderr)
    })
    await check('who wants which image', whoWants)
  })
}

/** Where each operand is wanted: the option, the ConfigMap and the field of a resource. */
const reasons = [
  /quay\.io\/prometheus-operator\/prometheus-config-reloader:v0\.85\.0\n +alerting 0\.1\.0: alerting\/templates\/deployment\.yaml/,
  /docker\.io\/library\/busybox:1\.35\n(?: +.*\n)* +local-path-provisioner 0\.0\.30: local-path-provisioner\/templates\/configmap\.yaml, as busybox:1\.35/,
  /docker\.io\/library\/busybox:1\.35\n(?: +.*\n)* +local-path-provisioner 0\.0\.30: local-path-provisioner\/templates\/deployment\.yaml/,
  /quay\.io\/prometheus\/alertmanager:v0\.28\.1\n +resources\/alertmanager\.yaml:\d+:\d+/,
]

async function forgotten(): Promise<void> {
  await writeSpec(operands)
  await writeValues(new Map())
  const { stderr, stdout } = await expectCode(1, redoubt('bundle', 'build'))
  expectMatch(stderr, /3 of the images that will be applied would be missing inside/)
  for (const reason of reasons) expectMatch(stderr, reason)
  for (const image of operands) expectMatch(stderr, new RegExp(`^ +- ${image}$`, 'm'))
  expectSame(stdout, '', 'output')
  for (const path of [archive, join(workspace, 'redoubt.lock.yaml')])
    if (await exists(path)) throw new Error(`${path} was written`)
}

interface Images {
  tagged: { image: string; pinned: string }[]
  images: { image: string; state: string; wantedBy: { where: string }[] }[]
}

async function pinned(): Promise<void> {
  await writeSpec([])
  const { tagged } = await listed()
  const digests: Digests = new Map(
    tagged.map(({ image, pinned }) => [whole(image), pinned.slice(pinned.indexOf('@') + 1)]),
  )
  await writeValues(digests)
  expectSame(JSON.stringify((await listed()).tagged), '[]', 'images that are named by tag')
}

/** `busybox:1.35` as the spec says it. */
function whole(image: string): string {
  if (/^[^/]*[.:][^/]*\//.test(image)) return image
  return image.includes('/') ? `docker.io/${image}` : `docker.io/library/${image}`
}

async function listed(): Promise<Images> {
  return JSON.parse((await expectCode(0, redoubt('bundle', 'images', '-o', 'json'))).stdout)
}

async function whoWants(): Promise<void> {
  const { images } = await listed()
  const of = (name: string) => images.find(({ image }) => image === name)
  const wanted: [string, RegExp][] = [
    ['registry.example.internal:5000/team/greeter:0.1.0', /greetings\/templates\/operator\.yaml/],
    ['registry.example.internal:5000/team/greeter:0.1.0', /greetings\/charts\/page\/templates\/page\.yaml/],
    ['quay.io/prometheus/alertmanager:v0.28.1', /resources\/alertmanager\.yaml/],
    ['docker.io/library/busybox:1.35', /templates\/configmap\.yaml/],
  ]
  for (const [name, where] of wanted)
    expectMatch(
      of(name)
        ?.wantedBy.map((one) => one.where)
        .join('\n') ?? '',
      where,
    )
  const bad = images.filter(({ state }) => !['carried', 'waived'].includes(state)).map(({ image }) => image)
  expectSame(bad.join(' '), '', 'images that are not carried')
}
