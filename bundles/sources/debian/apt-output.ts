import type { DebPackage } from '../../../cluster/lock.ts'

/** What `apt-get install --simulate` would install: `Inst nftables (1.0.6-2+deb12u2 Debian:12.15/oldstable [amd64])`. */
export function parseSimulation(stdout: string): { name: string; version: string }[] {
  return stdout.split('\n').flatMap((line) => {
    const [, name, version] = /^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) /.exec(line) ?? []
    return name && version ? [{ name: name.replace(/:.*/, ''), version }] : []
  })
}

/** The stanzas of `apt-cache show NAME=VERSION ...` as packages with digest and size. A stanza without SHA256 is left out. */
export function parseShow(stdout: string): DebPackage[] {
  return stdout.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}: (\\S+)$`, 'm').exec(stanza)?.[1]
    const [name, version, architecture] = [field('Package'), field('Version'), field('Architecture')]
    const [hash, size] = [field('SHA256'), field('Size')]
    if (!name || !version || !architecture || !hash || !size) return []
    return [{ name, version, architecture, digest: `sha256:${hash}`, size: Number(size) }]
  })
}

/**
 * What apt says is not to be had: `E: Version '9' for 'nftables' was not found`, `E: Unable to locate package x`,
 * `E: Failed to fetch http://.../x_1_amd64.deb  404  Not Found`.
 */
export function parseMissing(stderr: string): string[] {
  const unknown = [...stderr.matchAll(/E: Version '([^']+)' for '([^']+)' was not found/g)].map(
    (m) => `${m[2]} ${m[1]}`,
  )
  const unlocated = [...stderr.matchAll(/E: Unable to locate package (\S+)/g)].map((m) => m[1] ?? '')
  const gone = [...stderr.matchAll(/E: Failed to fetch \S*\/([^/\s]+\.deb)\s+404/g)].map((m) => m[1] ?? '')
  return [...unknown, ...unlocated, ...gone]
}

/** The format of `apt-get indextargets` that unreadSuites() reads. */
export const targetFormat = '$(CREATED_BY)|$(RELEASE)|$(FILENAME)'

/**
 * The suites of which not one package list is here. `configured` are the targets of all sources, `known` those whose Release file was read,
 * `files` the names in the folder of lists (kept compressed or not).
 */
export function unreadSuites(configured: string, known: string, files: readonly string[]): string[] {
  const parse = (text: string) => text.split('\n').map((line) => line.split('|'))
  const packages = (text: string) => parse(text).filter(([kind, suite]) => kind === 'Packages' && suite)
  const wanted = new Set(packages(configured).map(([, suite]) => suite ?? ''))
  for (const [, suite, path] of packages(known)) {
    const stem = (path?.split('/').at(-1) ?? '').replace(/\.(lz4|xz|gz|bz2|zst)$/, '')
    if (suite && files.some((name) => name === stem || name.startsWith(`${stem}.`))) wanted.delete(suite)
  }
  return [...wanted]
}
