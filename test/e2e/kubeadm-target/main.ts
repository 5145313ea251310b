// npm run e2e:kubeadm [-- [--boot] [BUNDLE [PUBLIC-KEY]]]
import { join } from 'node:path'
import { messageOf } from '../../../lib/errors.ts'
import { StepFailed, summary, workspace } from '../harness.ts'
import { accept } from './accept.ts'
import { boot } from './boot.ts'

const words = process.argv.slice(2)
const files = words.filter((word) => word !== '--boot')
const [bundle = join(workspace, 'lab-0.1.0.tar'), key = join(workspace, 'bundle.pub')] = files
const parts = words.includes('--boot') ? [accept, boot] : [accept]
let broken = 0
for (const part of parts)
  try {
    await part(bundle, key)
  } catch (error) {
    if (!(error instanceof StepFailed)) broken++
    process.stdout.write(`  the road ends here: ${messageOf(error)}\n`)
  }
const { passed, failed } = summary()
process.stdout.write(`${passed} passed, ${failed + broken} failed\n`)
process.exitCode = failed + broken > 0 ? 1 : 0
