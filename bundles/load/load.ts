// A bundle's images into the containerd of this host, through its own `ctr`: what is there whole is not imported again (containerd itself
// would read all of it once more).
import { Readable } from 'node:stream'
import { byDigest, namesOfImage, ownImages } from '../../cluster/lock.ts'
import { fail } from '../../lib/errors.ts'
import { run, stream } from '../../lib/exec.ts'
import { byCodeUnit } from '../../lib/files.ts'
import type { Architecture } from '../../lib/machine.ts'
import { archiveOfImages } from '../read/image-archive.ts'
import type { BundleHead } from '../read.ts'

/** Which containerd, and where in it. */
interface Containerd {
  /** Its socket; undefined: ctr's own default, or $CONTAINERD_ADDRESS. */
  address: string | undefined
  /** Kubernetes looks in `k8s.io`. */
  namespace: string
}

/** An image of the bundle and the names under which containerd is to have it. */
interface LoadedImage {
  /** `redoubt.dev/etcd@sha256:...`, as imageArchive() takes it. */
  reference: string
  digest: string
  /** By tag, if it has one, and by digest. */
  names: string[]
}

/** The images that a bundle holds, in the order of their names. */
export function imagesOf({ lock }: BundleHead): LoadedImage[] {
  return [...ownImages(lock), ...lock.images]
    .map(({ name, digest }) => ({ reference: byDigest(name, digest), digest, names: namesOfImage(name, digest) }))
    .sort((a, b) => byCodeUnit(a.reference, b.reference))
}

/**
 * Throws `usage` for the first image that is not for this host: containerd would look for a platform of it that was not carried. Of an image
 * that is none of ours and no index nobody can tell by the lock.
 */
export function refuseForeignHost({ lock }: BundleHead, host: Architecture): void {
  const [foreign] = [
    ...ownImages(lock).map(({ name }) => ({ name, platforms: [`linux/${lock.architecture}`] })),
    ...lock.images.filter(({ platforms }) => platforms.length > 0),
  ].filter(({ platforms }) => !platforms.some((one) => `${one}/`.startsWith(`linux/${host}/`)))
  if (foreign)
    fail('usage', `${foreign.name} is carried for ${foreign.platforms.join(', ')}, this host is linux/${host}`, {
      hint: `Load it on a host with ${lock.architecture}, or build a bundle for ${host}.`,
    })
}

/** Those of `images` that containerd lacks: under one of their names, as another image, or in part. Throws as run() does. */
export async function missingImages(
  containerd: Containerd,
  images: readonly LoadedImage[],
  signal: AbortSignal,
): Promise<LoadedImage[]> {
  const { stdout } = await run(ctr(containerd, 'images', 'check'), { signal, hint })
  const whole = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    // REF TYPE DIGEST STATUS ...; a part of one that is not whole is `incomplete (2/3)`.
    const [name = '', , digest = '', status] = line.split(/\s+/)
    if (status === 'complete') whole.set(name, digest)
  }
  return images.filter(({ digest, names }) => names.some((name) => whole.get(name) !== digest))
}

/**
 * Imports images in one stream from the bundle, each byte checked on its way; `onBytes` hears of it, and of how many there are. Throws
 * `integrity` when the bundle is damaged, `failed` when containerd does not take all of them.
 */
export async function importImages(
  head: BundleHead,
  containerd: Containerd,
  images: readonly LoadedImage[],
  signal: AbortSignal,
  onBytes: (done: number, total: number) => void,
): Promise<number> {
  const { size, stream: archive } = await archiveOfImages(
    head,
    images.map(({ reference }) => reference),
  )
  let done = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of archive) {
      done += chunk.length
      onBytes(done, size)
      yield chunk
    }
  }
  const stdin = Readable.from(counted(), { objectMode: false })
  await stream(ctr(containerd, 'images', 'import', '-'), { signal, stdin, hint })
  const missing = await missingImages(containerd, images, signal)
  if (missing.length > 0)
    fail('failed', `containerd did not take ${missing.map(({ reference }) => reference).join(', ')}`, {
      hint: 'See its log (`journalctl -u containerd`); run again to import what is missing.',
    })
  return size
}

const hint = 'ctr comes with containerd, which must run here; name its socket with --address, and be root.'

function ctr({ address, namespace }: Containerd, ...words: string[]): [string, ...string[]] {
  return ['ctr', ...(address ? ['--address', address] : []), '--namespace', namespace, ...words]
}
