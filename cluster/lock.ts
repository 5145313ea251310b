import * as v from 'valibot'
import { fail } from '../lib/errors.ts'
import { readText } from '../lib/files.ts'
import { isPlain } from '../lib/plain.ts'
import { parseYaml, writeYaml } from '../lib/yaml.ts'
import { checkFile } from './check.ts'
import {
  type BinaryName,
  type ComponentName,
  components,
  type ImageName,
  imageComponents,
  type NetworkComponentName,
  networkComponents,
} from './components.ts'

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'expected sha256: and 64 hex digits'))
/** Of a bundle that nobody has checked it is shown, too. */
const text = v.pipe(v.string(), v.check(isPlain, 'holds a control character'))
/** Bytes of the largest blob: as many digits as a line of `blobs` has at most. */
export const largestBlob = 999_999_999_999_999
const size = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(largestBlob))

/** A file that the bundle holds as one blob. */
const blob = v.strictObject({ digest, size })

/** Of what may have thousands: `sha256:HEX SIZE`, a line each. Older locks have them as maps. */
const blobs = v.array(
  v.union(
    [
      v.pipe(
        v.string(),
        v.regex(/^sha256:[0-9a-f]{64} (0|[1-9]\d{0,14})$/),
        v.transform((line) => ({ digest: line.slice(0, 71), size: Number(line.slice(72)) })),
      ),
      blob,
    ],
    'expected sha256:, 64 hex digits, a space and a size',
  ),
)

const debPackage = v.strictObject({
  name: text,
  version: text,
  architecture: text,
  digest,
  size,
})

const entry = v.strictObject({
  /** Version as its origin calls it: `v1.36.3`, `1.1.5+ds1-1+deb12u1`. */
  version: text,
  /** Which source provides it, and from what, pinned: module and sum, or package and digest. */
  source: v.variant('kind', [
    v.strictObject({
      kind: v.literal('go'),
      module: text,
      version: text,
      sum: text,
      package: text,
      /** SHA-256 over the go.mod and go.sum beside the catalogue, which pin every module below this one. */
      modules: digest,
      toolchain: text,
    }),
    v.strictObject({ kind: v.literal('deb'), package: text, path: text, digest, size }),
  ]),
  /** The program itself. Those that run only as containers are carried inside their image, not as a blob of their own. */
  binary: blob,
  /** For components that run as containers: name with tag, the digest of its OCI manifest, and packages that only it holds. */
  image: v.optional(v.strictObject({ name: text, digest, size, packages: v.optional(v.array(debPackage)) })),
})

const optional = v.optional(entry)
const network: readonly ComponentName[] = Object.values(networkComponents).flat()

/** Every component, in the order in which a lock has them; what one pod network alone needs may be missing. */
const entries = Object.fromEntries(
  components.map((name) => [name, network.includes(name) ? optional : entry]),
) as Record<Exclude<ComponentName, NetworkComponentName>, typeof entry> & Record<NetworkComponentName, typeof optional>

const manifest = { mediaType: text, digest, size }

/** What belongs to an image and is none: a signature, an SBOM. Reached by what it refers to, or by a tag of cosign's scheme. */
const artifact = v.strictObject({
  ...manifest,
  subject: v.optional(digest),
  tag: v.optional(text),
  blobs,
})

/** An image as a registry has it, unchanged. */
const image = v.strictObject({
  /** `docker.io/library/nginx:1.27`; without a tag when it was named by digest alone. */
  name: text,
  ...manifest,
  /** Of an index: the platforms that are carried. */
  platforms: v.array(text),
  artifacts: v.array(artifact),
  /** Manifests, configs and layers, in the order of digests. */
  blobs,
})

/** A Helm chart, unchanged. */
const chart = v.strictObject({
  name: text,
  version: text,
  /** `oci://HOST/PATH:VERSION`, or the URL of its repository. */
  from: text,
  /** Where that has the archive. */
  url: v.optional(text),
  /** The `.tgz`. */
  archive: blob,
  /** Of one from a registry: its manifest, and all that belongs to it (the archive too). */
  artifact: v.optional(v.strictObject({ ...manifest, blobs })),
})

const named = { name: text, digest, size }
const list = <T extends v.GenericSchema>(item: T) => v.optional(v.array(item), [])

/** What every lock has. */
const common = {
  apiVersion: v.literal('redoubt.dev/v1alpha1'),
  kind: v.literal('Lock'),
  architecture: v.picklist(['amd64', 'arm64']),
  /** The closure of what a minimal host lacks, in the order of names. */
  packages: list(debPackage),
  /** The packages inside images (kube-proxy's nft), pinned the same way. */
  imagePackages: list(debPackage),
  files: list(v.strictObject(named)),
  /** What the spec's `images` names. */
  images: list(image),
  charts: list(chart),
  /** By path in the workspace, or URL. */
  manifests: list(v.strictObject(named)),
  releases: list(v.strictObject({ ...named, url: text })),
}
const ofCluster = v.strictObject({ ...common, kubernetes: text, components: v.strictObject(entries) })
/** Of a bundle by itself. */
const ofBundle = v.strictObject({ ...common, kubernetes: v.optional(v.never()), components: v.optional(v.never()) })

export interface Lock extends Omit<v.InferOutput<typeof ofBundle>, 'kubernetes' | 'components'> {
  /** Undefined, without any component: the bundle is of no cluster. */
  kubernetes: string | undefined
  components: Partial<v.InferOutput<typeof ofCluster>['components']>
}
export type LockEntry = v.InferOutput<typeof entry>
export type LockedImage = v.InferOutput<typeof image>
export type LockedChart = v.InferOutput<typeof chart>
export type LockedFile = Lock['files'][number]
export type LockedRelease = Lock['releases'][number]
export type LockedArtifact = v.InferOutput<typeof artifact>
export type DebPackage = v.InferOutput<typeof debPackage>

/** Reads and checks a lock. Throws `usage` with file:line. */
export async function loadLock(path: string): Promise<Lock> {
  return parseLock(await readText(path, 'Run `redoubt bundle build`: it writes the lock.'), path)
}

const writtenByUs = 'This file is written by `redoubt bundle build`; do not edit it by hand.'

/** As loadLock, from text; `file` is the name used in errors. */
export function parseLock(text: string, file: string): Lock {
  const yaml = parseYaml(text, file)
  const whole = typeof yaml.value === 'object' && yaml.value !== null && 'kubernetes' in yaml.value
  return whole
    ? checkFile(ofCluster, yaml, writtenByUs)
    : { ...checkFile(ofBundle, yaml, writtenByUs), kubernetes: undefined, components: {} }
}

/** What a lock says before its lists. */
export type LockAbout = Pick<Lock, 'kubernetes' | 'architecture'>

const about = v.object({
  apiVersion: common.apiVersion,
  kind: common.kind,
  kubernetes: v.optional(text),
  architecture: common.architecture,
})

/** Reads the beginning of a lock, which may have thousands of lines; of the rest nothing is known. Throws as parseLock, for what is no lock. */
export function parseLockAbout(text: string, file: string): LockAbout {
  const [beginning = ''] = text.split(/^[A-Za-z]+:\s*$/m, 1)
  const { kubernetes, architecture } = checkFile(about, parseYaml(beginning, file), writtenByUs)
  return { kubernetes, architecture }
}

/** The lock as the workspace and the bundle hold it: of what it does not pin it has no word. */
export function lockText({ apiVersion, kind, kubernetes, architecture, components, ...lists }: Lock): string {
  const pinned = Object.fromEntries(
    Object.keys(common).flatMap((name) => {
      const entries = (lists[name as keyof typeof lists] as WithBlobs[] | undefined)?.map(inLines)
      return entries && (entries.length > 0 || (kubernetes && always.includes(name))) ? [[name, entries]] : []
    }),
  )
  const head = { apiVersion, kind, ...(kubernetes ? { kubernetes } : {}), architecture }
  return `# Written by redoubt: what the bundle is made of, to the byte. Change it with \`redoubt bundle lock --update\`.\n${writeYaml({ ...head, ...(kubernetes ? { components } : {}), ...pinned })}`
}

interface WithBlobs {
  blobs?: readonly { digest: string; size: number }[]
  artifacts?: readonly WithBlobs[]
  artifact?: WithBlobs | undefined
}

/** An entry with its blobs, and those of what belongs to it, a line each. */
function inLines(entry: WithBlobs): object {
  const { blobs, artifacts, artifact } = entry
  return {
    ...entry,
    ...(artifacts ? { artifacts: artifacts.map(inLines) } : {}),
    ...(artifact ? { artifact: inLines(artifact) } : {}),
    ...(blobs ? { blobs: blobs.map(({ digest, size }) => `${digest} ${size}`) } : {}),
  }
}

/** What a cluster's lock says even when it is empty. */
const always = ['packages', 'imagePackages', 'files']

/** The image of a component as pods name it: `redoubt.dev/etcd@sha256:...`. Throws `usage` when the lock has none. */
export function imageReference(lock: Lock, name: ImageName): string {
  const image = lock.components[name]?.image
  if (!image) return fail('usage', `redoubt.lock.yaml holds no image of ${name}`, { hint: 'Build the bundle again.' })
  return byDigest(image.name, image.digest)
}

/** The components of which the lock has an image. */
export function imagesIn(lock: Lock): ImageName[] {
  return imageComponents.filter((name) => lock.components[name]?.image)
}

/** An image's name with its digest in the place of its tag. */
export function byDigest(name: string, digest: string): string {
  return `${name.replace(/:[^:/]*$/, '')}@${digest}`
}

/** Whether an image's name has a tag; the port of its registry is none. */
export function hasTag(name: string): boolean {
  return /:[^:/]*$/.test(name)
}

/** The names under which containerd is to have an image: by tag, if it has one, and by digest. */
export function namesOfImage(name: string, digest: string): string[] {
  return [...(hasTag(name) ? [name] : []), byDigest(name, digest)]
}

/** The blob of a component that is placed on nodes as a file. Throws `usage` when the lock has none. */
export function binaryBlob(lock: Lock, name: BinaryName): { digest: string; size: number } {
  return (
    lock.components[name]?.binary ??
    fail('usage', `redoubt.lock.yaml holds no ${name}`, { hint: 'Build the bundle again.' })
  )
}

/** The images that were assembled for the bundle, redoubt's own: name, digest and size of each. */
export function ownImages({ components }: Pick<Lock, 'components'>): NonNullable<LockEntry['image']>[] {
  return Object.values(components).flatMap((entry) => (entry?.image ? [entry.image] : []))
}

/** Every blob of an image of the spec and of what belongs to it. */
export function blobsOfImage({ blobs, artifacts }: Pick<LockedImage, 'blobs' | 'artifacts'>): LockedImage['blobs'] {
  return [...blobs, ...artifacts.flatMap((artifact) => artifact.blobs)]
}
