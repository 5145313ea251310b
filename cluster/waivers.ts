import { fail } from '../lib/errors.ts'
import type { LoadedSpec } from './spec.ts'

/**
 * Refuses a spec with a waiver past its last day (UTC): `usage` at file:line. Apply and verify ask at their start; render has
 * no clock, and a verify that watches goes on with a warning, the waiver covering nothing.
 */
export function refuseExpiredWaivers({ spec, where }: LoadedSpec, now: Date): void {
  spec.waivers.forEach(({ control, expires }, index) => {
    if (now.toISOString().slice(0, 10) > expires)
      fail('usage', `the waiver of ${control} held until ${expires}`, {
        where: where(['spec', 'waivers', index, 'expires']),
        hint: 'Mend what it covers and take it out, or decide anew: another last day, another reason.',
      })
  })
}
