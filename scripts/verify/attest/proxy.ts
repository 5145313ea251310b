import { messageOf } from '../../../lib/errors.ts'
import { parseYaml } from '../../../lib/yaml.ts'
import type { Fields } from '../../../templates/control.ts'
import { field } from '../judge.ts'
import { type Check, check } from '../probe.ts'
import type { ReadObject } from './objects.ts'

const path = '/api/v1/namespaces/kube-system/configmaps/kube-proxy'

/** Whether the configuration that kube-proxy's pods are given says what a control sets, by dotted path. */
export async function judgeProxy(where: string, sets: Fields, read: ReadObject): Promise<Check[]> {
  if (Object.keys(sets).length === 0) return []
  const config = await read(path).then(
    (found) => parseYaml(String(field(found, 'data', 'config.conf')), 'config.conf').value,
    (error: unknown) => new Error(messageOf(error)),
  )
  return Object.entries(sets).map(([name, wanted]) => {
    const [sent, expected] = [`${name} of kube-proxy`, String(wanted)]
    if (config instanceof Error) return check('unknown', where, sent, expected, config.message)
    const seen = field(config, ...name.split('.'))
    return check(
      seen === wanted ? 'pass' : 'fail',
      where,
      sent,
      expected,
      seen === undefined ? 'not set' : String(seen),
    )
  })
}
