import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { cacheRoot } from '../../../../bundles/cache.ts'
import { type PushStep, planSteps } from '../../../../bundles/push/dry-run.ts'
import { planPush } from '../../../../bundles/push/plan.ts'
import { push as pushPlan } from '../../../../bundles/push/push.ts'
import { uploadsIn } from '../../../../bundles/push/uploads.ts'
import { readHead } from '../../../../bundles/read.ts'
import { openClient } from '../../../../bundles/registry/open.ts'
import { readRepositories } from '../../../../bundles/serve/repositories.ts'
import { fail } from '../../../../lib/errors.ts'
import { readText } from '../../../../lib/files.ts'
import { countOf, formatBytes, formatTable } from '../../../../lib/output.ts'
import { inBrief } from '../../../../lib/plain.ts'
import type { Context } from '../../../command.ts'
import { chosenBundle, readVerifyKey } from '../chosen.ts'

interface Options {
  target: string
  file: string | undefined
  key: string | undefined
  ca: string | undefined
  plainHttp: boolean
  keepRegistry: boolean
  dryRun: boolean
}

/** Pushes the images of a bundle into a registry, each byte checked on its way. What is there already is not sent. */
export async function push(context: Context, options: Options): Promise<number> {
  const { out, signal } = context
  const target = parseTarget(options.target)
  const path = await chosenBundle(context, options.file)
  const key = await readVerifyKey(context, options.key)
  const ca = options.ca ? await readText(resolve(options.ca), 'Named with --ca.') : undefined
  const head = await readHead(path, key)
  try {
    const charts = head.lock.charts.filter(({ artifact }) => !artifact).map(({ name }) => name)
    if (charts.length > 0)
      out.warn(
        `not pushed, as they came from chart repositories and not from registries: ${inBrief(charts.join(', '), 200)}; \`redoubt bundle serve\` has them at /charts/, \`redoubt bundle extract\` takes them out`,
      )
    const plan = planPush(await readRepositories(head), { ...target, keepRegistry: options.keepRegistry })
    const jobs = Math.max(4, availableParallelism())
    const host = { host: target.registry, plainHttp: options.plainHttp, ...(ca ? { ca } : {}) }
    const uploads = uploadsIn(cacheRoot())
    if (options.dryRun) {
      const steps = await out.step(`ask ${options.target}`, (report) =>
        planSteps(openClient([host], jobs, signal, report.status), target.registry, plan, jobs, uploads),
      )
      showSteps(context, options.target, target.registry, steps)
      return 0
    }
    const pushed = await out.step(`push to ${options.target}`, async (report) => {
      const client = openClient([host], jobs, signal, report.status)
      const total = plan.blobs.reduce((sum, blob) => sum + blob.entry.size, 0)
      let done = 0
      const onBytes = (count: number) => {
        done += count
        report.progress(done, total)
      }
      // By digest each is pushed too; a line for what has a name is enough.
      const onManifest = ({ repository, reference }: { repository: string; reference: string }) =>
        void (reference.includes(':') || report.item(`${target.registry}/${repository}:${reference}`))
      const result = await pushPlan(client, target.registry, head, plan, jobs, onBytes, onManifest, uploads)
      const { sent, mounted, there, bytes } = result
      report.detail(
        `${plan.manifests.length} manifests; blobs: ${sent} sent (${formatBytes(bytes)}), ${mounted} mounted, ${there} there`,
      )
      return result
    })
    for (const { repository, reference } of pushed.single)
      out.warn(
        `${repository}:${reference} names one platform there: the registry takes no index of which others are missing`,
      )
    if (out.format === 'json')
      out.json({
        kind: 'BundlePushed',
        target: options.target,
        ...pushed,
        single: pushed.single.map(({ repository, reference }) => `${repository}:${reference}`),
        manifests: plan.manifests.length,
      })
    else
      for (const { repository, reference } of plan.manifests)
        if (!reference.startsWith('sha256:')) out.data(`${target.registry}/${repository}:${reference}`)
  } finally {
    await head.archive.file.close()
  }
  return 0
}

/** Says what a push would do. */
function showSteps({ out }: Context, target: string, registry: string, steps: readonly PushStep[]): void {
  const sum = (todo: PushStep['todo']) => {
    const all = steps.filter((step) => step.todo === todo)
    return { count: all.length, bytes: all.reduce((bytes, { size }) => bytes + size, 0) }
  }
  const [send, mount, there] = [sum('send'), sum('mount'), sum('nothing')]
  if (out.format === 'json') {
    out.json({ kind: 'BundlePushPlan', target, send, mount, there, steps })
    return
  }
  const place = ({ repository, kind, what }: PushStep) =>
    `${registry}/${repository}${kind === 'manifest' && !what.startsWith('sha256:') ? ':' : ' '}${what}`
  const wanted = steps.filter(({ todo }) => todo !== 'nothing')
  if (wanted.length > 0)
    out.data(
      formatTable(
        ['DO', 'KIND', 'BYTES', 'WHERE'],
        wanted.map((step) => [step.todo, step.kind, String(step.size), place(step)]),
      ),
    )
  const line = ({ count, bytes }: typeof send) => `${bytes} bytes, ${countOf(count, 'part')}`
  out.data(
    [
      `to send   ${line(send)}`,
      `to mount  ${line(mount)}, from other repositories there`,
      `there     ${line(there)}`,
    ].join('\n'),
  )
  out.note('nothing was sent')
}

/** `HOST[:PORT][/PATH]`. Throws `usage`. */
function parseTarget(text: string): { registry: string; prefix: string } {
  const [, registry = '', prefix = ''] =
    /^([A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?)(?:\/([a-z0-9]+(?:[._/-][a-z0-9]+)*))?$/.exec(text) ?? []
  if (!registry) fail('usage', `${text} is no registry: expected HOST, HOST:PORT or HOST:PORT/PATH`)
  return { registry, prefix }
}
