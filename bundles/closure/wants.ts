// Who wants which image: every manifest and chart that is carried, and what we render ourselves.
import { hasTag, type LockedImage } from '../../cluster/lock.ts'
import { byCodeUnit } from '../../lib/files.ts'
import { parseForeign, splitDocuments } from '../../lib/yaml.ts'
import { formatReference, type Reference } from '../registry/reference.ts'
import { imagesIn } from './object.ts'
import { referenceOf } from './text.ts'

/** An image that something names. */
export interface Want {
  /** As it is written. */
  image: string
  /** `apps/web.yaml:9:18`, `app 1.2.3: app/templates/web.yaml` */
  where: string
  /** False: text that looks like an image. */
  sure: boolean
}

/** The images that a file of manifests names. Throws `usage` at file:line:column for what is no YAML. */
export function wantsOfManifests(text: string, file: string): Want[] {
  return [...splitDocuments(text)].flatMap((chunk) => {
    const document = parseForeign(chunk, file)
    return imagesIn(document.value).map(({ image, path, sure }) => ({ image, where: document.where(path), sure }))
  })
}

/** What is carried, or is not, of one image that somebody wants or that the spec names. */
export interface ImageState {
  /** Whole, as containerd names it; text that is no reference as it is. */
  image: string
  state: 'carried' | 'missing' | 'maybe' | 'waived'
  /** Of a missing digest: what is carried under the same tag. */
  instead?: string
  wantedBy: Want[]
}

/** An image that the bundle carries, and by what its own maker wants it. */
export interface CarriedImage extends Pick<LockedImage, 'name' | 'digest'> {
  /** Ours is rendered by name, with the digest of the lock. */
  own: boolean
  where: string
}

/** Waivers of the spec: literal text, as `bundle images` shows it, or as it is written. */
export interface NotImage {
  image: string
  reason: string
}

/** An image of yours that is carried and wanted by its tag: where, and how it is written with its digest. */
export interface Tagged {
  image: string
  where: string
  pinned: string
}

/**
 * Each wanted image with those who want it, each carried one too, in the order of names; the waivers that hold for none; and who names an
 * image of yours by its tag.
 */
export function compareWants(
  wants: readonly Want[],
  carried: readonly CarriedImage[],
  waivers: readonly NotImage[],
): { images: ImageState[]; unused: NotImage[]; tagged: Tagged[] } {
  const tagged: Tagged[] = []
  const states = new Map<string, ImageState>()
  const there = new Map<string, Carrier[]>()
  for (const image of carried) {
    const whole = wholeName(image)
    states.set(whole, {
      image: whole,
      state: 'carried',
      wantedBy: [{ image: image.name, where: image.where, sure: true }],
    })
    const reference = referenceOf(whole)
    if (reference) there.set(keyOf(reference), [...(there.get(keyOf(reference)) ?? []), { image, whole, reference }])
  }
  const used = new Set<NotImage>()
  for (const want of wants) {
    const reference = referenceOf(want.image)
    const whole = reference ? formatReference(reference) : want.image
    const near = reference ? (there.get(keyOf(reference)) ?? []) : []
    const found = reference && near.find((carrier) => holds(carrier, reference))
    const carrier = found?.image
    const waiver = carrier ? undefined : waivers.find(({ image }) => image === want.image || image === whole)
    if (waiver) used.add(waiver)
    if (carrier && !carrier.own && want.sure && !reference?.digest)
      tagged.push({ image: want.image, where: want.where, pinned: `${want.image}@${carrier.digest}` })
    const key = found?.whole ?? whole
    const state = carrier ? 'carried' : waiver ? 'waived' : want.sure ? 'missing' : 'maybe'
    const instead =
      !carrier && reference?.digest ? near.find((other) => isNamed(other, reference))?.image.digest : undefined
    const known = states.get(key) ?? { image: key, state, ...(instead ? { instead } : {}), wantedBy: [] }
    if (state === 'missing') known.state = state
    known.wantedBy.push(want)
    states.set(key, known)
  }
  return {
    images: [...states.values()].sort((a, b) => byCodeUnit(a.image, b.image)),
    unused: waivers.filter((waiver) => !used.has(waiver)),
    tagged,
  }
}

/** An image that is carried, its name read once: there may be a hundred thousand wants. */
interface Carrier {
  image: CarriedImage
  whole: string
  reference: Reference
}

/** Under this those stand that may hold a reference. */
function keyOf({ registry, repository }: Reference): string {
  return `${registry}/${repository}`
}

/** Whether a node that has this image, of the wanted repository, would find the reference: by digest if it has one (the tag is then a comment), else by tag. */
function holds(carrier: Carrier, wanted: Reference): boolean {
  const { own, digest } = carrier.image
  return own || (wanted.digest ? wanted.digest === digest : isNamed(carrier, wanted))
}

/** Whether an image of the spec, of the wanted repository, has this tag. */
function isNamed({ image, reference }: Carrier, wanted: Reference): boolean {
  return !image.own && wanted.tag === reference.tag
}

/** By tag, or by digest for one that is known by nothing else; ours by name alone. */
function wholeName({ name, digest, own }: CarriedImage): string {
  return own || hasTag(name) ? name : `${name}@${digest}`
}
