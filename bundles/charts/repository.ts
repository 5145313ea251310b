// The index of a chart repository (helm.sh/docs/topics/chart_repository): found in it is one chart, without reading all of it as YAML.
import * as v from 'valibot'
import { fail } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import { parseYaml } from '../../lib/yaml.ts'

/** Bytes of the largest index: the largest public ones have about 30 million. */
export const indexLimit = 48 << 20
/** Bytes of one version in an index. */
const entryLimit = 1 << 20

/** Where an index says that a chart's archive is, absolute; and its SHA-256, when it says it. */
interface ChartEntry {
  url: URL
  digest: string | undefined
}

const entrySchema = v.object({
  version: v.string(),
  urls: v.pipe(v.array(v.string()), v.minLength(1, 'names no URL')),
  digest: v.optional(v.nullable(v.string())),
})

/**
 * The archive of one version of a chart, by an index.yaml that stands at `url`. Throws `failed` at `where` when there is no such chart or
 * version (with what there is), or when the index is none.
 */
export function findChart(index: Buffer, name: string, version: string, url: URL, where: string): ChartEntry {
  const { items, names } = versionsOf(index, name)
  if (!items) {
    const near = nearest(name, names)
    return fail(
      'failed',
      names.length > 0 ? `the repository has no chart ${name}` : 'is no index of a chart repository',
      {
        where,
        hint: near
          ? `There is ${near}.`
          : `Expected at ${url}; it begins with ${JSON.stringify(index.subarray(0, 40).toString('latin1'))}.`,
      },
    )
  }
  const versions = items.flatMap((item) => said(item) ?? [])
  // With or without a `v`, as helm compares them.
  const bare = (text: string | undefined) => text?.replace(/^v/, '')
  const item = items.find((each) => bare(said(each)) === bare(version))
  if (item === undefined || item.length > entryLimit)
    return fail('failed', `the repository has no ${name} ${version}`, {
      where,
      hint: `It has ${versions.slice(0, 8).join(', ') || 'no version of it'}${versions.length > 8 ? ', ...' : ''}.`,
    })
  const parsed = v.safeParse(v.array(entrySchema), parseYaml(item, `${url}`).value)
  const entry = parsed.success ? parsed.output[0] : undefined
  const place = entry?.urls[0] ?? ''
  if (!entry || !URL.canParse(place, url.href))
    return fail('failed', `the repository does not say where ${name} ${version} is`, { where })
  const archive = new URL(place, url.href)
  if (!/^https?:$/.test(archive.protocol) || archive.username || archive.password)
    return fail('failed', `the repository says that ${name} ${version} is at a ${archive.protocol} URL`, { where })
  const digest = entry.digest?.replace(/^sha256:/, '').toLowerCase()
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest))
    return fail('failed', `the repository's digest of ${name} ${version} is no SHA-256`, { where })
  return { url: archive, digest: digest ? `sha256:${digest}` : undefined }
}

/** The version that an item is of: its own key, not one of what is in it. */
function said(item: string): string | undefined {
  if (/^- *\{/.test(item)) return saidInBraces(item)
  const own = /^- */.exec(item)?.[0].length ?? 2
  const line = item.split('\n').find((each) => each.startsWith('version: ', own) && /^-? *$/.test(each.slice(0, own)))
  return /["']?([^\s"']+)/.exec(line?.slice(own + 'version: '.length) ?? '')?.[1]
}

function saidInBraces(item: string): string | undefined {
  if (item.length > entryLimit) return undefined
  const parsed = v.safeParse(v.tuple([v.object({ version: v.string() })]), parseYaml(item, 'the index').value)
  return parsed.success ? parsed.output[0].version : undefined
}

/**
 * The items of `entries: NAME:`, each the text of one version, and the names of all charts. Indexes are written by machines (`helm repo
 * index`, ChartMuseum, Harbor), a key a line or an item in braces; what is indented deeper belongs to what stands before it.
 */
function versionsOf(index: Buffer, name: string): { items: string[] | undefined; names: string[] } {
  const names: string[] = []
  let items: string[] | undefined
  let within = false
  let chart: { indent: number; wanted: boolean } | undefined
  let itemIndent = -1
  for (const line of linesOf(index)) {
    const indent = line.length - line.trimStart().length
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    if (indent === 0 && !line.startsWith('-')) {
      within = /^entries:\s*$/.test(line)
      chart = undefined
      continue
    }
    if (!within) continue
    const key = /^ *(?:"([^"]+)"|'([^']+)'|([A-Za-z0-9][^\s:]*)):\s*$/.exec(line)
    if (key && (!chart || indent <= chart.indent)) {
      const found = key[1] ?? key[2] ?? key[3] ?? ''
      names.push(found)
      chart = { indent, wanted: found === name }
      if (chart.wanted) items = []
      itemIndent = -1
    } else if (chart?.wanted && items) {
      if (line.startsWith('- ', indent) && (itemIndent < 0 || indent === itemIndent)) {
        itemIndent = indent
        items.push(`${line.slice(indent)}\n`)
      } else if (items.length > 0) items.push(`${items.pop()}${line.slice(itemIndent)}\n`)
    }
  }
  return { items, names }
}

function* linesOf(bytes: Buffer): Generator<string> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start)
    const end = found < 0 ? bytes.length : found
    // Longer than anything that we look for.
    yield bytes
      .subarray(start, Math.min(end, start + entryLimit))
      .toString('utf8')
      .replace(/\r$/, '')
    start = end + 1
  }
}
