import { fail } from '../../lib/errors.ts'
import { nearest } from '../../lib/nearest.ts'
import { type Item, items } from '../../templates/benchmarks/items.ts'
import { type FalseFinding, falseFindings } from '../../templates/benchmarks/scanners.ts'
import type { Control } from '../../templates/control.ts'
import { controls } from '../../templates/controls.ts'

/** What of an item's reference may be left out: `1.2.1`, `V-242390` and `TLS everywhere` are found too. */
const prefix = /^(CIS |STIG |NSA |claim: )/i

/** True when `words` name this reference, in any case, with or without its benchmark. */
function names(words: string, reference: string): boolean {
  const wanted = words.toLowerCase()
  return wanted === reference.toLowerCase() || wanted === reference.replace(prefix, '').toLowerCase()
}

/** The control or the item that the user named. Throws `usage` when there is none. */
export function findSubject(words: string): { control: Control } | { item: Item } {
  const control = controls.find((one) => names(words, one.id))
  if (control) return { control }
  const item = items.find((one) => names(words, one.reference))
  if (item) return { item }
  const near = nearest(
    words,
    controls.map(({ id }) => id),
  )
  return fail('usage', `there is no control and no item ${words}`, {
    hint: `${near ? `Did you mean ${near}? ` : ''}\`redoubt controls\` lists the controls, \`redoubt controls --benchmark cis\` (stig, nsa, claims) the items.`,
  })
}

/** Why a scanner's finding is none. Throws `usage` when no false finding of that name is known. */
export function findFalseFinding(words: string): FalseFinding {
  const found = falseFindings.find((one) => one.findings.some((finding) => names(words, finding)))
  return (
    found ??
    fail(
      'usage',
      `no false finding ${words} is known: take the scanner at its word until \`redoubt verify\` says otherwise`,
      {
        hint: `Known: ${falseFindings.flatMap((one) => one.findings).join(', ')}.`,
      },
    )
  )
}
