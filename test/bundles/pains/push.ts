import { planPush } from '../../../bundles/push/plan.ts'
import { type Pushed, push } from '../../../bundles/push/push.ts'
import { readRepositories } from '../../../bundles/serve/repositories.ts'
import { withHead } from '../making.ts'
import { clientFor } from '../registry/fake.ts'

/** Pushes a bundle into a registry, below `prefix`. */
export function pushBundle(path: string, host: string, prefix: string): Promise<Pushed> {
  return withHead(path, async (head) => {
    const plan = planPush(await readRepositories(head), { registry: host, prefix, keepRegistry: false })
    return await push(
      clientFor([host]).client,
      host,
      head,
      plan,
      4,
      () => {},
      () => {},
    )
  })
}
