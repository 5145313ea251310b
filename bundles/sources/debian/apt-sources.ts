import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A file of apt's sources: its name decides its format (sources.list(5)): `.list` one line each, `.sources` stanzas. */
interface SourceFile {
  name: string
  text: string
}

/** The host's apt sources, as they stand in a folder like /etc/apt. */
export async function readSources(folder: string): Promise<SourceFile[]> {
  const parts = await readdir(join(folder, 'sources.list.d')).catch(() => [])
  const paths = [
    join(folder, 'sources.list'),
    ...parts
      .filter((name) => /^[\w.-]+\.(list|sources)$/.test(name))
      .map((name) => join(folder, 'sources.list.d', name)),
  ]
  const files = await Promise.all(
    paths.map(async (path) => ({
      name: path.split('/').at(-1) ?? '',
      text: await readFile(path, 'utf8').catch(() => ''),
    })),
  )
  return files.filter((file) => file.text !== '')
}

/**
 * The same sources with only those entries that offer a suite of `release` (`bookworm`, `bookworm-security`, ...), so that other
 * vendors' sources, reachable or not, take no part. Files without such an entry are left out.
 */
export function selectSources(files: readonly SourceFile[], release: string): SourceFile[] {
  return files.flatMap((file) => {
    const text = file.name.endsWith('.sources') ? stanzas(file.text, release) : lines(file.text, release)
    return text === '' ? [] : [{ name: file.name, text }]
  })
}

function lines(text: string, release: string): string {
  const kept = text.split('\n').filter((line) => {
    const words = line
      .replace(/#.*/, '')
      .replace(/\[[^\]]*\]/, '')
      .trim()
      .split(/\s+/)
    return words[0] === 'deb' && isSuite(words[2], release)
  })
  return kept.map((line) => `${line}\n`).join('')
}

function stanzas(text: string, release: string): string {
  const uncommented = text.replaceAll(/^#.*\n/gm, '')
  const kept = uncommented.split(/\n\s*\n/).filter((stanza) => {
    const field = (name: string) =>
      new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'mi').exec(stanza)?.[1]?.trim().split(/\s+/) ?? []
    return field('Types').includes('deb') && field('Suites').some((suite) => isSuite(suite, release))
  })
  return kept.map((stanza) => `${stanza.trim()}\n`).join('\n')
}

function isSuite(suite: string | undefined, release: string): boolean {
  return suite === release || suite?.startsWith(`${release}-`) || suite?.startsWith(`${release}/`) || false
}
