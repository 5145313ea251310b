// The images that charts name: as helm renders them, or, where there is no helm, as their values and templates say.
import { type Chunk, parseForeign, splitDocuments } from '../../lib/yaml.ts'
import type { ChartArchive } from '../charts/archive.ts'
import { type Fields, imagesIn, isFields } from './object.ts'
import type { Want } from './wants.ts'

/** The images in what helm rendered of a chart called `name`; helm says of each document which template it is from. */
export function wantsOfRendered(text: string, name: string): Want[] {
  return [...splitDocuments(text)].flatMap((chunk) => {
    const source = /^# Source: (\S+)/m.exec(chunk.text)?.[1] ?? 'rendered'
    return wantsOfChunk(chunk, `${name}: ${source}`)
  })
}

function wantsOfChunk(chunk: Chunk, where: string): Want[] {
  return imagesIn(parseForeign(chunk, where).value).map(({ image, sure }) => ({ image, where, sure }))
}

/**
 * The images that a chart's values name (with `given` over them, as an installation has them) and those that stand in its templates as they
 * are; of the charts in it too, also of those that are switched off. `computed` are templates whose images only helm can tell.
 */
export function wantsUnrendered(
  archive: ChartArchive,
  name: string,
  given: unknown,
): { wants: Want[]; computed: string[] } {
  const wants: Want[] = []
  const computed: string[] = []
  const values = valuesOf(archive, name, given)
  for (const [folder, { merged, version }] of values) {
    const where = `${name}: ${folder}values.yaml`
    for (const { image, path, sure } of imagesIn(merged, version))
      wants.push({ image, where: `${where}: ${path.join('.')}`, sure })
  }
  for (const [path, text] of archive.files)
    if (/^(charts\/[^/]+\/)*crds\//.test(path))
      for (const chunk of splitDocuments(text))
        for (const want of wantsOfChunk(chunk, `${name}: ${path}`)) wants.push(want)
    else if (/^(charts\/[^/]+\/)*templates\/(?!tests\/)/.test(path))
      for (const [index, line] of text.split('\n').entries())
        for (const image of writtenIn(line))
          if (!image.includes('{{')) wants.push({ image, where: `${name}: ${path}:${index + 1}`, sure: true })
          else if (!computed.includes(path)) computed.push(path)
  return { wants, computed }
}

/** What stands behind `image:` in a line of a template: as a key of its own line, or among others in braces. */
function writtenIn(line: string): string[] {
  return [...line.matchAll(/(?<=^|[\s{,-])["']?image["']? *: *["']?([^\s"'#,}\]]+)/g)].flatMap(
    ({ index, 1: image }) => {
      const before = line.slice(0, index).replaceAll(/\{\{.*?\}\}/g, '')
      const isKey = /^[\s-]*$/.test(before) || (before.includes('{') && !before.includes('{{'))
      return image && isKey && !/(^|\s)#/.test(before) ? [image] : []
    },
  )
}

/** The values of a chart and of the charts in it, by folder (`''`, `charts/db/`), the outer's word over the inner's. */
function valuesOf(
  archive: ChartArchive,
  name: string,
  given: unknown,
): Map<string, { merged: unknown; version: string }> {
  const found = new Map<string, { merged: unknown; version: string }>()
  const folders = [...archive.files.keys()]
    .filter((path) => path.endsWith('Chart.yaml'))
    .map((path) => path.slice(0, -10))
  // The outer first: its folder's name is the shorter one.
  for (const folder of folders.sort((a, b) => a.length - b.length)) {
    const read = (file: string) => {
      const text = archive.files.get(`${folder}${file}`)
      const [chunk] = text === undefined ? [] : splitDocuments(text)
      return chunk ? parseForeign(chunk, `${name}: ${folder}${file}`).value : undefined
    }
    const [, parent, own = ''] = /^(.*?)charts\/([^/]+)\/$/.exec(folder) ?? []
    const outer = parent === undefined ? given : fieldsOf(found.get(parent)?.merged)[own]
    const { appVersion } = fieldsOf(read('Chart.yaml'))
    found.set(folder, {
      merged: merge(read('values.yaml'), outer),
      version: appVersion === undefined ? '' : String(appVersion),
    })
  }
  return found
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** Maps are merged, everything else is replaced; null takes away (helm.sh/docs/chart_template_guide/values_files). */
function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base
  if (!isFields(base) || !isFields(over)) return over
  const names = [...new Set([...Object.keys(base), ...Object.keys(over)])]
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = merge(base[name], over[name])
      return value === null ? [] : [[name, value]]
    }),
  )
}
