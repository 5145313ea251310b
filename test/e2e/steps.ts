import { bundle } from './steps/bundle.ts'
import { cluster } from './steps/cluster.ts'
import { lab } from './steps/lab.ts'

/** The steps in the order of the road. */
export const steps: { name: string; about: string; run: () => Promise<void> }[] = [
  { name: 'lab', about: 'isolated hosts', run: lab },
  { name: 'bundle', about: 'one signed file, checked on op', run: bundle },
  { name: 'apply', about: 'PKI, survey, render, apply from op', run: cluster },
]
