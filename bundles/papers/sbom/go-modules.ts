import { supportedVersions } from '../../../cluster/versions.ts'
import { catalogOf } from '../../catalog/catalog.ts'
import { readWrapper } from '../../sources/go.ts'

interface GoModuleVersion {
  path: string
  version: string
  /** `h1:...` of go.sum. */
  sum: string
  /** What it stands in the place of. */
  replaces?: string
}

interface ModuleClosure {
  /** Of the wrapper module beside the catalogue: `etcd`. */
  name: string
  modules: GoModuleVersion[]
}

/** The closure that a lock's `source.modules` pins; undefined when the catalogue here has another: the bundle is of another redoubt. */
export function closureOf(digest: string): ModuleClosure | undefined {
  for (const version of supportedVersions) {
    const catalog = catalogOf(version)
    for (const name of Object.keys(catalog.modules)) {
      const wrapper = readWrapper(catalog, name)
      if (wrapper.digest === digest) return { name, modules: modulesOf(wrapper.files) }
    }
  }
  return undefined
}

/**
 * Every module that a go.mod requires, as it is replaced, with its checksum (golang.org/ref/mod#go-mod-file): since Go 1.17 all that the
 * packages of its own module need stand there, those of others too. Undefined replacements by folder do not occur here.
 */
export function modulesOf(files: { 'go.mod': string; 'go.sum': string }): GoModuleVersion[] {
  const sums = new Map(
    files['go.sum'].split('\n').map((line) => {
      const [path, version, sum = ''] = line.split(' ')
      return [`${path} ${version}`, sum]
    }),
  )
  const directives = directivesOf(files['go.mod'])
  const replaced = new Map(
    directives.flatMap(({ verb, words }) => {
      const arrow = words.indexOf('=>')
      const [path = '', version = ''] = words.slice(arrow + 1)
      return verb === 'replace' && arrow > 0 ? [[words.slice(0, arrow).join(' '), { path, version }] as const] : []
    }),
  )
  return directives
    .filter(({ verb }) => verb === 'require')
    .map(({ words: [path = '', version = ''] }) => {
      const other = replaced.get(`${path} ${version}`) ?? replaced.get(path)
      const module = other ?? { path, version }
      const sum = sums.get(`${module.path} ${module.version}`) ?? ''
      return { ...module, sum, ...(module.path === path ? {} : { replaces: path }) }
    })
}

/** `require a v1` and what stands in `require ( ... )` alike, without comments. */
function directivesOf(text: string): { verb: string; words: string[] }[] {
  let block = ''
  return text.split('\n').flatMap((line) => {
    const words = line
      .replace(/\/\/.*/, '')
      .trim()
      .split(/\s+/)
      .filter(Boolean)
    if (words[0] === ')') block = ''
    else if (words[1] === '(') block = words[0] ?? ''
    else if (words.length > 1)
      return block ? [{ verb: block, words }] : [{ verb: words[0] ?? '', words: words.slice(1) }]
    return []
  })
}
