// Image references in text that nobody wrote as an object: configuration, arguments, annotations.
import { parseReference, type Reference } from '../registry/reference.ts'

/** A reference, if the text is one. */
export function referenceOf(text: string): Reference | undefined {
  try {
    return parseReference(text)
  } catch {
    return undefined
  }
}

/** Longer than any reference. */
const longest = 512

/**
 * The references in a text that can hardly be anything else: with a registry and a tag or digest, and no URL; or what stands behind
 * `image:`. Words are cut first, each is then looked at once: the time is linear in the text's length.
 */
export function referencesIn(text: string): string[] {
  const found = new Set<string>()
  let afterImage = false
  for (const [word] of text.matchAll(/[^\s"'`,;(){}<>[\]=|\\]+/g)) {
    if (word.length <= longest && (isWhole(word) || (afterImage && isNamed(word))))
      found.add(word.replace(/[.:]+$/, ''))
    // `image:` and `"image": ` both end so: quotes are no part of words.
    afterImage = /(^|[-_.a-z])image:?$/i.test(word) || (afterImage && word === ':')
  }
  return [...found]
}

/** Whether a word can hardly be anything but an image: with a registry that has a dot or a port, and a tag or digest. */
export function isWhole(word: string): boolean {
  if (!/^[^/]*[.:][^/]*\/./.test(word) || word.includes('://')) return false
  const clean = word.replace(/[.:]+$/, '')
  return /[^/](:[^/:@]+|@sha256:[0-9a-f]{64})$/.test(clean) && referenceOf(clean) !== undefined
}

function isNamed(word: string): boolean {
  return /[/:]/.test(word) && !word.includes('://') && referenceOf(word) !== undefined
}
