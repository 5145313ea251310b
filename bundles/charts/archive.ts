// A chart's archive, read in memory and never unpacked: whatever makes it, it is somebody else's.
import { createGunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import * as v from 'valibot'
import { checkFile } from '../../cluster/check.ts'
import { fail, messageOf, RedoubtError } from '../../lib/errors.ts'
import { parseYaml } from '../../lib/yaml.ts'

/** What we use of a chart. Paths are relative to the chart; those of the charts in it begin with `charts/NAME/`. */
export interface ChartArchive {
  name: string
  version: string
  appVersion: string
  /** A library renders nothing by itself. */
  library: boolean
  /** Text by path, in the order of the archive: Chart.yaml, values.yaml, templates, crds; of the charts in it too. */
  files: Map<string, string>
}

/** helm's own limits are 100 MiB and 5 MiB unpacked (pkg/chart/loader); packed, a Secret that holds a release has 1 MiB. */
export const archiveLimit = 20 << 20
const limits = { unpacked: 100 << 20, file: 5 << 20, kept: 32 << 20, entries: 10_000, depth: 4 }

interface Reading {
  where: string
  unpacked: number
  kept: number
  entries: number
  files: Map<string, string>
}

const metadata = v.object({
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'is no name of a chart')),
  version: v.pipe(v.string(), v.regex(/^[0-9A-Za-z][0-9A-Za-z.+_-]{0,127}$/, 'is no version')),
  appVersion: v.optional(v.union([v.string(), v.number()]), ''),
  type: v.optional(v.nullable(v.string())),
})

/**
 * Reads a chart. Throws `integrity` at `where` for what is no chart, or is made to harm: names that lead out, links, devices, names that
 * are there twice, more than a chart of helm's may have.
 */
export async function readChartArchive(bytes: Uint8Array, where: string): Promise<ChartArchive> {
  const reading: Reading = { where, unpacked: 0, kept: 0, entries: 0, files: new Map() }
  await readInto(reading, bytes, '', 0)
  const text = reading.files.get('Chart.yaml')
  if (text === undefined) return fail('integrity', 'is no Helm chart: it has no Chart.yaml', { where })
  const { name, version, appVersion, type } = checkFile(
    metadata,
    parseYaml(text, `${where}: Chart.yaml`),
    'Ask its makers.',
  )
  return { name, version, appVersion: String(appVersion), library: type === 'library', files: reading.files }
}

/** `prefix` is where the files stand: nothing, or `charts/` of the chart that holds this one (which then keeps its own folder's name). */
async function readInto(reading: Reading, bytes: Uint8Array, prefix: string, depth: number): Promise<void> {
  const { where } = reading
  if (depth === limits.depth) fail('integrity', `has charts within charts, more than ${limits.depth} deep`, { where })
  const nested: { bytes: Buffer; prefix: string }[] = []
  let failure: unknown
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      try {
        takeEntry(reading, entry, prefix, nested)
      } catch (error) {
        failure ??= error
        entry.resume()
      }
    },
  })
  parser.on('error', (error) => {
    failure ??= new RedoubtError('integrity', `cannot be read as a chart: ${messageOf(error)}`, { where, cause: error })
  })
  const unzip = createGunzip()
  unzip.end(bytes)
  try {
    for await (const chunk of unzip) {
      reading.unpacked += chunk.length
      if (reading.unpacked > limits.unpacked)
        fail('integrity', `unpacks to more than ${limits.unpacked} bytes, which no chart may`, { where })
      parser.write(chunk)
      if (failure) break
    }
  } catch (error) {
    if (error instanceof RedoubtError) throw error
    fail('integrity', `cannot be read as a chart: ${messageOf(error)}`, { where, cause: error })
  }
  if (!failure) parser.end()
  if (failure) throw failure
  for (const inner of nested) await readInto(reading, inner.bytes, inner.prefix, depth + 1)
}

function takeEntry(
  reading: Reading,
  entry: ReadEntry,
  prefix: string,
  nested: { bytes: Buffer; prefix: string }[],
): void {
  const { where } = reading
  reading.entries += 1
  if (reading.entries > limits.entries) fail('integrity', `has more than ${limits.entries} files`, { where })
  const shown = JSON.stringify(entry.path.slice(0, 200))
  const path = entry.path.replace(/^\.\//, '').replace(/\/$/, '')
  const parts = path.split('/')
  if (path.startsWith('/') || parts.includes('..') || parts.includes('') || /[\\\p{Cc}]/u.test(path))
    fail('integrity', `holds ${shown}, a name that leads out of it`, { where })
  if (entry.type === 'Directory') return void entry.resume()
  if (entry.type !== 'File' && entry.type !== 'OldFile')
    fail('integrity', `holds ${shown}, a ${entry.type}: a chart has files and folders`, { where })
  if (entry.size > limits.file)
    fail('integrity', `holds ${shown} of ${entry.size} bytes, more than helm takes`, { where })
  // The chart's own folder has its name; those of charts in charts stay.
  const name = prefix === '' ? parts.slice(1).join('/') : `${prefix}${path}`
  if (reading.files.has(name)) fail('integrity', `holds ${shown} twice`, { where })
  const packed = /^(charts\/[^/]+\/)*charts\/[^/]+\.tgz$/.test(name)
  if (!packed && !/^(charts\/[^/]+\/)*(Chart\.yaml|values\.yaml|templates\/.+|crds\/.+)$/.test(name))
    return void entry.resume()
  reading.kept += entry.size
  if (reading.kept > limits.kept) fail('integrity', `holds more than ${limits.kept} bytes of templates`, { where })
  const chunks: Buffer[] = []
  entry.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
  entry.on('end', () => {
    const bytes = Buffer.concat(chunks)
    if (packed) nested.push({ bytes, prefix: name.replace(/[^/]+$/, '') })
    else reading.files.set(name, bytes.toString('utf8'))
  })
}
