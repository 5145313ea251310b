// The road, step by step, on isolated hosts. --from STEP starts in the middle of what an earlier run left; --only STEP runs one.
import { messageOf } from '../../lib/errors.ts'
import { StepFailed, summary } from './harness.ts'
import { steps } from './steps.ts'

const [option, name] = process.argv.slice(2)
const names = steps.map((step) => step.name)
if (option && (!['--from', '--only'].includes(option) || !name || !names.includes(name))) {
  process.stderr.write(`usage: e2e [--from STEP | --only STEP]; steps: ${names.join(' ')}\n`)
  process.exit(2)
}
const first = option ? names.indexOf(name ?? '') : 0
const chosen = steps.slice(first, option === '--only' ? first + 1 : undefined)

process.exitCode = 70
let broken = 0
for (const step of chosen) {
  process.stdout.write(`${step.name}: ${step.about}\n`)
  try {
    await step.run()
  } catch (error) {
    const after = error instanceof StepFailed ? `after: ${error.message}` : messageOf(error)
    if (!(error instanceof StepFailed)) broken++
    process.stdout.write(`  the road ends here (${after})\n`)
    break
  }
}
const { passed, failed } = summary()
process.stdout.write(`${passed} passed, ${failed + broken} failed\n`)
process.exitCode = failed + broken > 0 || passed === 0 ? 1 : 0
