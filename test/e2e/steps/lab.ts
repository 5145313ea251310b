import { check, expectCode, expectMatch, expectSame, must, on, redoubt } from '../harness.ts'

/** Step a: isolated hosts, and an operator host with nothing but a shell. */
export async function lab(): Promise<void> {
  await must('lab up: op, cp1 and w1 run', async () => {
    // A run that was killed may have left the sinkhole, which hosts find when they start.
    await expectCode(0, redoubt('lab', 'sinkhole', 'down'))
    await expectCode(0, redoubt('lab', 'up'))
  })
  await check('lab status says so as JSON', async () => {
    const { stdout } = await expectCode(0, redoubt('lab', 'status', '-o', 'json'))
    for (const host of ['op', 'cp1', 'w1']) expectMatch(stdout, new RegExp(`"name": "${host}"`))
  })
  for (const host of ['op', 'cp1', 'w1'])
    await check(`${host} has no route out`, async () => {
      const { stdout } = await on(host, 'ip route show default; ip -6 route show default')
      expectSame(stdout, '', 'default routes')
    })
  await check('op has no Node, npm, Go, kubectl or compiler', async () => {
    const { stdout } = await on('op', 'for p in node nodejs npm go kubectl gcc python3; do command -v $p; done; true')
    expectSame(stdout, '', 'programs found')
  })
  await check('op reaches the nodes by ssh with its own key', async () => {
    for (const host of ['10.77.0.11', '10.77.0.12'])
      await expectCode(0, on('op', `ssh -o BatchMode=yes root@${host} true`))
  })
}
