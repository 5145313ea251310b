// Images that an object names: what pods run, what operators are told to run, and what text looks like.
import { parseForeign, splitDocuments } from '../../lib/yaml.ts'
import { isWhole, referenceOf, referencesIn } from './text.ts'

/** An image, as it is written, and where in the object. */
interface Found {
  image: string
  path: (string | number)[]
  /** False: text that looks like an image; nobody knows whether it will be run. */
  sure: boolean
}

export type Fields = Record<string, unknown>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The images that an object names, of whatever kind: `image` of containers, any field that ends in `image`, maps of `repository`, `tag`,
 * `registry`, `digest` (with `version` where the tag is empty), environment variables and arguments named after images, arguments that are
 * given an image, image volumes, objects that a ConfigMap holds; and in other text what can hardly be anything else. Of a definition
 * (CustomResourceDefinition) the defaults of such fields.
 */
export function imagesIn(object: unknown, version?: string): Found[] {
  return imagesAt(object, { version, held: 0 })
}

/** What holds for all of an object: the version to add, and in how many ConfigMaps, one inside the other, it is held. */
interface Place {
  version: string | undefined
  held: number
}

/** Nobody nests more, and each is read again with all that is in it. */
const mostHeld = 3

function imagesAt(object: unknown, place: Place): Found[] {
  const found: Found[] = []
  if (isFields(object) && object.kind === 'CustomResourceDefinition') visitDefaults(object, [], found)
  else visit(object, [], found, place)
  return found
}

const containers = ['containers', 'initContainers', 'ephemeralContainers']
const imageKey = /image(name)?$/i

function visit(value: unknown, path: (string | number)[], found: Found[], place: Place): void {
  // Not all at once, here and where these are gathered: a call takes no hundred thousand arguments.
  if (typeof value === 'string') for (const one of inText(value, path)) found.push(one)
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) {
      if (isArgumentOf(value[index - 1], item)) found.push({ image: item, path: [...path, index], sure: true })
      else visit(item, [...path, index], found, place)
    }
  else if (isFields(value)) visitFields(value, path, found, place)
}

function visitFields(fields: Fields, path: (string | number)[], found: Found[], place: Place): void {
  const taken = new Set<string>()
  const take = (image: string, key: string, sure: boolean) => {
    taken.add(key)
    found.push({ image, path: [...path, key], sure })
  }
  const inPod = typeof path.at(-1) === 'number' && containers.includes(String(path.at(-2)))
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value !== 'string' || value === '') continue
    if (inPod && key === 'image') take(value, key, true)
    else if (imageKey.test(key)) {
      const tag = textOf(fields.tag) || textOf(fields[`${key}Tag`])
      const whole = tag && !/[:@][^/]*$/.test(value) ? `${value}:${tag}` : value
      // One word may be an image of Docker Hub, or anything else that is called so.
      if (referenceOf(whole)) take(whole, key, /[/:@]/.test(whole) && !isBase(key, whole))
    } else if (key === 'reference' && path.at(-1) === 'image' && referenceOf(value)) take(value, key, true)
  }
  const map = fromMap(fields, path, place.version)
  if (map) take(map, 'repository' in fields ? 'repository' : 'name', true)
  const { name, value } = fields
  if (
    typeof name === 'string' &&
    /image/i.test(name) &&
    typeof value === 'string' &&
    /[/:]/.test(value) &&
    referenceOf(value)
  )
    take(value, 'value', true)
  for (const [key, value] of Object.entries(fields)) {
    if (taken.has(key)) continue
    const held = fields.kind === 'ConfigMap' && key === 'data' && isFields(value)
    if (held)
      for (const [file, text] of Object.entries(value)) visitHeld(text, [...path, key, file], found, place.held + 1)
    else visit(value, [...path, key], found, place)
  }
}

/** What a controller creates from its configuration (`helperPod.yaml`) is an object like any other: whoever runs it pulls its images. */
function visitHeld(text: unknown, path: (string | number)[], found: Found[], held: number): void {
  if (typeof text !== 'string') return
  const inside = { version: undefined, held }
  const objects = held > mostHeld ? [] : objectsIn(text)
  if (objects.length === 0) visit(text, path, found, inside)
  for (const object of objects)
    for (const { image, sure } of imagesAt(object, inside)) found.push({ image, path, sure })
}

/** The Kubernetes objects in a text; none when it is anything else, or a template of some. */
function objectsIn(text: string): Fields[] {
  if (!/^apiVersion: /m.test(text) || !/^kind: /m.test(text) || text.includes('{{')) return []
  try {
    const values = [...splitDocuments(text)].map((chunk) => parseForeign(chunk, 'data').value)
    return values.every(isFields) ? values : []
  } catch {
    return []
  }
}

/** `{registry, repository, tag, digest}`, as charts have it in their values; `{name, tag}` below a key that says image. */
function fromMap(fields: Fields, path: (string | number)[], version: string | undefined): string | undefined {
  const parent = String(path.at(-1) ?? '')
  const named = /image/i.test(parent)
  const repository = textOf(fields.repository) || (named && 'tag' in fields ? textOf(fields.name) : '')
  if (!repository || !(named || ['tag', 'digest', 'sha', 'registry'].some((key) => key in fields))) return undefined
  const registry = textOf(fields.registry)
  const digest = textOf(fields.digest) || textOf(fields.sha)
  const tag = textOf(fields.tag) || (digest ? '' : (version ?? ''))
  const sum = digest && !digest.startsWith('sha256:') ? `sha256:${digest}` : digest
  const whole = `${registry ? `${registry}/` : ''}${repository}${tag ? `:${tag}` : ''}${sum ? `@${sum}` : ''}`
  return referenceOf(whole) ? whole : undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** `--prometheus-default-base-image=quay.io/prometheus/prometheus`: a repository, to which an operator adds the version that it is asked for. */
function isBase(key: string, image: string): boolean {
  return /base-?image$/i.test(key) && !/[:@][^/]*$/.test(image)
}

/** `--helper-image`, then `REF`. */
function isArgumentOf(option: unknown, value: unknown): value is string {
  if (typeof option !== 'string' || typeof value !== 'string') return false
  return /^--?[\w.-]*image$/i.test(option.slice(0, 256)) && /[/:]/.test(value) && referenceOf(value) !== undefined
}

/** `--sidecar-image=REF` is what an operator will run, and so is `--config-reloader=REGISTRY/PATH:TAG`; anything else in text may be. */
function inText(text: string, path: (string | number)[]): Found[] {
  const [, option = '', said = ''] = /^--?([\w.-]+)=(\S+)$/.exec(text.slice(0, 1024)) ?? []
  const named = /image/i.test(option) && /[/:]/.test(said) && referenceOf(said)
  if (named || isWhole(said)) return [{ image: said, path, sure: !isBase(option, said) }]
  return referencesIn(text).map((image) => ({ image, path, sure: false }))
}

/** `image: {type: string, default: REF}` of a schema. Its descriptions are prose: full of examples. */
function visitDefaults(value: unknown, path: (string | number)[], found: Found[]): void {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) visitDefaults(item, [...path, index], found)
  if (!isFields(value)) return
  const { default: given } = value
  if (typeof given === 'string' && imageKey.test(String(path.at(-1))) && /[/:]/.test(given) && referenceOf(given))
    found.push({ image: given, path: [...path, 'default'], sure: false })
  for (const [key, inner] of Object.entries(value)) visitDefaults(inner, [...path, key], found)
}
