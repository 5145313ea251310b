// Which images pods may name: those of the signed bundle, by digest, also under the other names that mean the same.
import { formatReference, parseReference } from '../bundles/registry/reference.ts'
import { imageReference, imagesIn, type Lock } from '../cluster/lock.ts'

/** Every image of the bundle, redoubt's own and yours, as `REPOSITORY@DIGEST`, sorted. */
export function bundleImages(lock: Lock): string[] {
  const own = imagesIn(lock).map((component) => imageReference(lock, component))
  const others = lock.images.flatMap(({ name, digest }) => {
    const { registry, repository } = parseReference(name)
    return namesOf(registry, repository).map((given) => `${given}@${digest}`)
  })
  return [...new Set([...own, ...others])].sort()
}

/** Docker Hub's are also known without their registry, and there its own ones without their folder (distribution/reference). */
function namesOf(registry: string, repository: string): string[] {
  const whole = formatReference({ registry, repository })
  if (registry !== 'docker.io') return [whole]
  const bare = repository.replace(/^library\//, '')
  return [...new Set([whole, repository, `docker.io/${bare}`, bare])]
}

/** The tag before a digest: a comment, as the digest alone says which image it is. Not the port of a registry. */
export const tagBeforeDigest = ':[^:/@]+@'

/** An image as a pod names it, in the form of `bundleImages`: without the tag, if it has a digest. */
export function withoutTag(image: string): string {
  return image.replace(new RegExp(tagBeforeDigest), '@')
}
