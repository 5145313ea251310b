import { join } from 'node:path'
import { fail } from '../../lib/errors.ts'
import { run, stream } from '../../lib/exec.ts'

/** What helm makes of a chart: more than that, no cluster takes. */
const renderedLimit = 64 << 20

/** The version of the helm on PATH; undefined when there is none. */
export async function helmVersion(signal: AbortSignal): Promise<string | undefined> {
  const { stdout, code } = await run(['helm', 'version', '--short'], {
    signal,
    timeout: 20_000,
    accept: Array.from({ length: 255 }, (_, index) => index + 1),
  })
  return code === 0 ? /v\d[\w.+-]*/.exec(stdout)?.[0] : undefined
}

interface HelmChart {
  /** The archive. */
  path: string
  values: string | undefined
  kubernetes: string | undefined
}

/**
 * What `helm template` makes of a chart, definitions included, tests not (nobody installs them). Helm gets folders of its own below
 * `folder`: nobody's plugins and repositories take part. Throws `failed` at `where` with helm's words.
 */
export async function renderChart(
  chart: HelmChart,
  folder: string,
  where: string,
  signal: AbortSignal,
): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  await stream(
    [
      'helm',
      'template',
      'release',
      chart.path,
      '--namespace=default',
      '--include-crds',
      '--skip-tests',
      ...(chart.values ? ['--values', chart.values] : []),
      ...(chart.kubernetes ? ['--kube-version', chart.kubernetes] : []),
    ],
    {
      cwd: folder,
      env: {
        HELM_CACHE_HOME: join(folder, 'cache'),
        HELM_CONFIG_HOME: join(folder, 'config'),
        HELM_DATA_HOME: join(folder, 'data'),
        HELM_PLUGINS: join(folder, 'plugins'),
        KUBECONFIG: '/dev/null',
      },
      signal,
      timeout: 120_000,
      hint: `This is how the images of ${where} are found. Values that it needs go into a file, named with \`values\` at the chart.`,
      onStdout: (chunk) => {
        size += chunk.length
        if (size > renderedLimit) fail('failed', `helm makes more than ${renderedLimit} bytes of it`, { where })
        chunks.push(chunk)
      },
    },
  )
  return Buffer.concat(chunks).toString('utf8')
}
