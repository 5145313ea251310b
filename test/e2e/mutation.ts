// npm run e2e:sabotage: the mutation score. First every setting alone, in rendered files; then every control alone, on the cluster that
// the end-to-end test left in the lab.
import { controlIds } from '../../templates/controls.ts'
import { staticScore } from '../scripts/verify/mutation.ts'
import { fixtureInput } from '../templates/fixture.ts'
import { check, summary } from './harness.ts'
import { sabotage } from './sabotage.ts'
import { elsewhere } from './sabotages.ts'

const percent = (caught: number, all: number) => `${caught} of ${all} caught (${((100 * caught) / all).toFixed(1)} %)`

const { spoiled, missed } = await staticScore(await fixtureInput())
process.stdout.write(`settings, each spoiled alone in rendered files: ${percent(spoiled - missed.length, spoiled)}\n`)
for (const what of missed) process.stdout.write(`  missed  ${what}\n`)

process.stdout.write('controls, each taken away alone on the cluster:\n')
const chosen = process.argv.length > 2 ? process.argv.slice(2) : controlIds.filter((id) => !elsewhere.includes(id))
for (const control of chosen) await check(control, () => sabotage([control]))
const { passed, failed } = summary()
process.stdout.write(`controls: ${percent(passed, passed + failed)}; not in this cluster: ${elsewhere.join(', ')}\n`)
process.stdout.write(`${passed} passed, ${failed + missed.length} failed\n`)
process.exitCode = failed + missed.length > 0 || passed === 0 ? 1 : 0
