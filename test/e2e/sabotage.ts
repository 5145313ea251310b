// Each control taken away for real. A probe that never failed proves nothing.
import { attestationOf } from '../../scripts/verify/probes/attested.ts'
import { expectCode, expectSame, inside } from './harness.ts'
import { sabotages } from './sabotages.ts'
import { type Verified, verify } from './verify.ts'

/** Encryption off, and back, is a change that putting files back would not undo: apply wants the cluster's name for it. */
const applyCommand = 'apply --confirm lab'

/** Takes controls away on the cluster, sees exactly their probes fail, puts them back, sees all of them pass. Throws otherwise. */
export async function sabotage(controls: readonly string[]): Promise<void> {
  const off = controls.map((control) => `--off ${control}`).join(' ')
  const only = controls.map((control) => `--only ${control}`).join(' ')
  const expected = controls.flatMap((control) => [...(sabotages[control] ?? []), attestationOf(control)])
  await expectCode(0, inside(`render ${off}`))
  try {
    await expectCode(0, inside(applyCommand))
    expectOutcomes(await verify(3, only), 'fail', expected)
  } finally {
    await expectCode(0, inside('render'))
    await expectCode(0, inside(applyCommand))
  }
  expectOutcomes(await verify(0, only), 'fail', [])
}

function expectOutcomes(result: Verified, outcome: string, ids: readonly string[]): void {
  const unknown = result.probes.filter((one) => one.outcome === 'not-evaluated').map((one) => `${one.id}: ${one.why}`)
  expectSame(unknown.join('\n'), '', 'not evaluated')
  const seen = result.probes.filter((one) => one.outcome === outcome).map((one) => one.id)
  expectSame(seen.sort().join(' '), [...new Set(ids)].sort().join(' '), `probes that ${outcome}`)
}
