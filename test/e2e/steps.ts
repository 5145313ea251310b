import { bundle } from './steps/bundle.ts'
import { change } from './steps/change.ts'
import { cluster } from './steps/cluster.ts'
import { closeGap, openGap } from './steps/gap.ts'
import { lab } from './steps/lab.ts'
import { outside } from './steps/outside.ts'
import { peers } from './steps/peers.ts'
import { proof } from './steps/proof.ts'

/** The steps in the order of the road. */
export const steps: { name: string; about: string; run: () => Promise<void> }[] = [
  { name: 'lab', about: 'isolated hosts', run: lab },
  { name: 'bundle', about: 'one signed file, checked on op', run: bundle },
  { name: 'gap', about: 'a sinkhole behind a default route counts what tries to leave', run: openGap },
  { name: 'apply', about: 'PKI, survey, render, apply from op', run: cluster },
  { name: 'gap-closed', about: 'nothing left the lab; and again without any route', run: closeGap },
  { name: 'change', about: 're-hardening, rollback', run: change },
  // While kube-proxy, which asks a control plane that was away again after up to a minute, finds it.
  { name: 'peers', about: 'skopeo, crane and ctr read the bundle', run: peers },
  { name: 'proof', about: 'every control attacked, then taken away and attacked again', run: proof },
  {
    name: 'outside',
    about: 'an identity provider and an audit sink beside the lab, attacked in the same way',
    run: outside,
  },
]
