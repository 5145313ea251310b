import { rm } from 'node:fs/promises'
import { check, expectCode, expectSame } from '../harness.ts'
import { asAdmin } from './install.ts'
import { archive, redoubt } from './places.ts'

/** Resources first, so that operators clear up what they started; then the charts, and the hosts. */
export async function away(): Promise<void> {
  await check('resources deleted: operators take away what they started', async () => {
    await expectCode(0, asAdmin('for f in parts/manifests/*; do kubectl delete --timeout=180s -f $f || exit; done'))
    const left = `for i in $(seq 120); do
        left=$(kubectl get pv -o name; kubectl -n alerting get statefulsets -o name; kubectl -n greetings get pods -l app=greeting-hello -o name)
        [ -z "$left" ] && break; sleep 1
      done; echo "$left"`
    expectSame((await expectCode(0, asAdmin(left))).stdout.trim(), '', 'what is left')
  })
  for (const release of ['alerting', 'greetings', 'storage'])
    await check(`helm uninstall ${release}`, () =>
      expectCode(0, asAdmin(`helm uninstall ${release} -n ${release} --wait --timeout 3m`)),
    )
  if (process.env.KEEP) return
  await rm(archive, { force: true })
  await check('lab down', () => expectCode(0, redoubt('lab', 'down', '--delete', 'op', 'cp1', 'w1')))
}
