// Text that somebody else chose and that people are shown.
import { redact } from './redact.ts'

const odd = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const everyOdd = new RegExp(odd, 'gu')

/** Whether a text has no control character and nothing that turns its direction around: it cannot pass for lines of ours. */
export function isPlain(text: string): boolean {
  return !odd.test(text)
}

/** A text on one line, no longer than one reads: of an error that quotes what it got. */
export function inBrief(text: string, most = 300): string {
  // Redacted before it is cut or quoted: a part of a secret would not be found any more.
  return redact(text).slice(0, most).replaceAll(everyOdd, '?')
}
