// apt with a root of its own inside the cache's work folder: the host's sources and keys, but an empty package database, so that
// what is installed on the build host changes nothing, and nothing on the build host is changed.
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DebPackage } from '../../../cluster/lock.ts'
import { fail, RedoubtError } from '../../../lib/errors.ts'
import { run, stream } from '../../../lib/exec.ts'
import { byCodeUnit, writeAtomic } from '../../../lib/files.ts'
import { parseMissing, parseShow, parseSimulation, targetFormat, unreadSuites } from './apt-output.ts'
import { readSources, selectSources } from './apt-sources.ts'

export interface Apt {
  folder: string
  config: string
  signal: AbortSignal
}

const missingHint = 'Debian packages are fetched with apt: run this on Debian or Ubuntu, or in a container of one.'

/**
 * Sets up the private root in `folder` and fetches the package lists of `release`.
 * Throws `failed` when apt is missing, no source offers the release, or one of its suites could not be read at all.
 */
export async function openApt(
  folder: string,
  release: string,
  architecture: string,
  signal: AbortSignal,
): Promise<Apt> {
  const sources = selectSources(await readSources('/etc/apt'), release)
  if (sources.length === 0)
    fail('failed', `no apt source of this machine offers Debian ${release}`, {
      where: '/etc/apt',
      hint: `Add one for ${release} to /etc/apt/sources.list.d (it may be disabled for the machine itself by a pin).`,
    })
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'sources', 'debs'])
    await mkdir(join(folder, name), { recursive: true })
  for (const { name, text } of sources) await writeAtomic(join(folder, 'sources', name), text)
  await writeAtomic(join(folder, 'status'), '')
  await writeAtomic(join(folder, 'preferences'), preferences(release))
  await writeAtomic(join(folder, 'apt.conf'), configuration(folder, architecture))
  const apt = { folder, config: join(folder, 'apt.conf'), signal }
  await update(apt)
  return apt
}

/** The host's own settings (proxies, authentication) stay; whatever would act on the host, or differ between hosts, goes. */
function configuration(folder: string, architecture: string): string {
  return [
    ...[
      'APT::Update::Pre-Invoke',
      'APT::Update::Post-Invoke',
      'APT::Update::Post-Invoke-Success',
      'DPkg',
      'APT::Architectures',
    ].map((name) => `#clear ${name};`),
    '#clear Acquire::IndexTargets::deb::DEP-11;',
    '#clear Acquire::IndexTargets::deb::CNF;',
    '#clear Acquire::IndexTargets::deb-src;',
    `Dir::State ${JSON.stringify(join(folder, 'state'))};`,
    `Dir::State::status ${JSON.stringify(join(folder, 'status'))};`,
    `Dir::State::extended_states ${JSON.stringify(join(folder, 'extended_states'))};`,
    `Dir::Cache ${JSON.stringify(join(folder, 'cache'))};`,
    'Dir::Etc::sourcelist "/dev/null";',
    `Dir::Etc::sourceparts ${JSON.stringify(join(folder, 'sources'))};`,
    `Dir::Etc::preferences ${JSON.stringify(join(folder, 'preferences'))};`,
    'Dir::Etc::preferencesparts "/dev/null";',
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    'APT::Install-Recommends "false";',
    'APT::Install-Suggests "false";',
    // The work folder is ours alone (0700), so apt's own user could not write there.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
    'Acquire::http::Timeout "30";',
    'Acquire::https::Timeout "30";',
    '',
  ].join('\n')
}

/** Debian's own packages win over a vendor's that offers the same name under the same suite. */
function preferences(release: string): string {
  return ['', '-updates', '-security']
    .map((suffix) => `Package: *\nPin: release o=Debian,n=${release}${suffix}\nPin-Priority: 990\n`)
    .join('\n')
}

const plain = { LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' }

async function update(apt: Apt): Promise<void> {
  // 100: some source failed. Whether that matters is decided by suite, below.
  const { stderr } = await run(['apt-get', '-c', apt.config, '-q', 'update'], {
    env: plain,
    accept: [100],
    signal: apt.signal,
    hint: missingHint,
  })
  const targets = (...options: string[]) =>
    run(['apt-get', '-c', apt.config, 'indextargets', ...options, '--format', targetFormat], {
      env: plain,
      signal: apt.signal,
    })
  const configured = (await targets('--no-release-info')).stdout
  const known = (await targets()).stdout
  const unread = unreadSuites(configured, known, await readdir(join(apt.folder, 'state', 'lists')))
  if (unread.length > 0)
    fail('failed', `apt could not read the package lists of ${unread.join(', ')}:\n  ${lastLines(stderr)}`, {
      hint: 'Check the network, the proxy and /etc/apt, then run again.',
    })
}

/** The packages that installing `wanted` on an empty system brings, sorted by name. Throws `failed` when apt cannot solve it. */
export async function closure(apt: Apt, wanted: readonly string[]): Promise<{ name: string; version: string }[]> {
  const command = ['apt-get', '-c', apt.config, '-qq', '--simulate', 'install', ...wanted] as const
  const { stdout } = await run([...command], { env: plain, signal: apt.signal })
  return parseSimulation(stdout).sort((a, b) => byCodeUnit(a.name, b.name))
}

/** Digest, size and architecture of exact versions, in the order asked for. */
export async function describe(
  apt: Apt,
  packages: readonly { name: string; version: string }[],
): Promise<DebPackage[]> {
  if (packages.length === 0) return []
  const words = packages.map(({ name, version }) => `${name}=${version}`)
  const { stdout } = await run(['apt-cache', '-c', apt.config, 'show', ...words], { env: plain, signal: apt.signal })
  const known = parseShow(stdout)
  return packages.map(
    ({ name, version }) =>
      known.find((entry) => entry.name === name && entry.version === version) ??
      fail('failed', `apt knows no SHA256 of ${name} ${version}`, { hint: 'Check the sources in /etc/apt.' }),
  )
}

/** Fetches exact versions into the private root's `debs/`; returns the folder. Throws `failed` when the mirror no longer has one. */
export async function download(
  apt: Apt,
  packages: readonly DebPackage[],
  onLine: (text: string) => void,
): Promise<string> {
  const folder = join(apt.folder, 'debs')
  const words = packages.map(({ name, version }) => `${name}=${version}`)
  try {
    await stream(['apt-get', '-c', apt.config, '-q', 'download', ...words], {
      cwd: folder,
      env: plain,
      signal: apt.signal,
      hint: missingHint,
      onStdout: (chunk) => onLine(chunk.toString('utf8')),
    })
  } catch (error) {
    const missing = error instanceof RedoubtError ? parseMissing(error.message) : []
    if (missing.length === 0) throw error
    fail('failed', `the mirror no longer has ${missing.join(', ')}, which redoubt.lock.yaml pins`, {
      hint: 'Debian’s mirrors keep only current versions: move the pins with `redoubt bundle lock --update`.',
      cause: error,
    })
  }
  return folder
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-4).join('\n  ')
}
