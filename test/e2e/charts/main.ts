// npm run e2e:charts [-- --from STEP]
import { messageOf } from '../../../lib/errors.ts'
import { StepFailed, summary } from '../harness.ts'
import { away } from './away.ts'
import { bundle } from './bundle.ts'
import { cluster } from './cluster.ts'
import { install } from './install.ts'

const steps = [
  { name: 'bundle', about: 'three charts with operators, closed over what these start', run: bundle },
  { name: 'cluster', about: 'carried to op, served there, a cluster that pulls from it', run: cluster },
  { name: 'install', about: 'helm installs them inside, operators start what they are told to', run: install },
  { name: 'away', about: 'and takes them away again', run: away },
]

const [option, first = 'bundle'] = process.argv.slice(2)
const from = steps.findIndex(({ name }) => name === first)
if ((option && option !== '--from') || from < 0) {
  process.stderr.write(`usage: e2e:charts [--from STEP]; steps: ${steps.map(({ name }) => name).join(' ')}\n`)
  process.exit(2)
}
process.exitCode = 70
let broken = 0
for (const step of steps.slice(from)) {
  process.stdout.write(`${step.name}: ${step.about}\n`)
  try {
    await step.run()
  } catch (error) {
    if (!(error instanceof StepFailed)) broken++
    process.stdout.write(`  the road ends here (after: ${messageOf(error)})\n`)
    break
  }
}
const { passed, failed } = summary()
process.stdout.write(`${passed} passed, ${failed + broken} failed\n`)
process.exitCode = failed + broken > 0 || passed === 0 ? 1 : 0
