import { expectCode, expectSame, inside, must, on, redoubt } from '../harness.ts'
import { verify } from '../verify.ts'
import { planIsEmpty } from './cluster.ts'

/** The hosts get a default route and a resolver that lead to a sinkhole; one canary packet shows that it counts. */
export async function openGap(): Promise<void> {
  await must('a canary packet is counted', async () => {
    await expectCode(0, redoubt('lab', 'sinkhole', 'up'))
    const before = await count()
    await on('w1', "bash -c 'echo canary > /dev/udp/192.0.2.1/9'")
    expectSame(String((await count()) - before), '1', 'packets counted')
  })
  atStart = await count()
}

let atStart = 0

/** Since then apply and verify ran: nothing may have tried to leave. Then the routes go, and all is well without any. */
export async function closeGap(): Promise<void> {
  await must('apply and verify sent nothing out', async () => {
    await verify(0)
    expectSame(String((await count()) - atStart), '0', 'packets counted')
  })
  await must('without any default route: survey, render, apply, verify', async () => {
    await expectCode(0, redoubt('lab', 'sinkhole', 'down'))
    for (const stage of ['survey', 'render', 'apply']) await expectCode(0, inside(stage))
    await verify(0)
    await planIsEmpty()
  })
}

async function count(): Promise<number> {
  const { stdout } = await expectCode(0, redoubt('lab', 'sinkhole', 'count', '-q'))
  return Number(/\d+/.exec(stdout)?.[0] ?? Number.NaN)
}
