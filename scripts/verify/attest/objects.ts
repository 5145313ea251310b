import { type KubeObject, objectName, objectPath } from '../../../cluster/objects.ts'
import { messageOf } from '../../../lib/errors.ts'
import { type Check, check, oneLine } from '../probe.ts'

/** Reads an object of the API server by its path: undefined when it has none. Throws when that cannot be told. */
export type ReadObject = (path: string) => Promise<unknown>

/** Whether the API server holds each object as it was rendered, and nothing more. */
export function judgeObjects(where: string, objects: readonly KubeObject[], read: ReadObject): Promise<Check[]> {
  return Promise.all(
    objects.map(async (object) => {
      const [sent, expected] = [objectName(object), 'as rendered']
      try {
        const found = await read(objectPath(object))
        if (found === undefined) return check('fail', where, sent, expected, 'no such object')
        const wrong = differences(object, found, '')
        return check(
          wrong.length === 0 ? 'pass' : 'fail',
          where,
          sent,
          expected,
          wrong.length === 0 ? 'as rendered' : oneLine(`differs at ${wrong.slice(0, 5).join(', ')}`),
        )
      } catch (error) {
        return check('unknown', where, sent, expected, messageOf(error))
      }
    }),
  )
}

/** What the API server fills in where nothing was rendered (k8s.io/kubernetes, the defaults.go of each API), by the name of the field. */
const defaults: Readonly<Record<string, unknown>> = {
  apiGroup: 'rbac.authorization.k8s.io',
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  scope: '*',
}

/** What the API server keeps for itself. */
const kept: readonly string[] = ['metadata', 'status']

/**
 * The dotted paths at which `found` is not what `wanted` says. Something added is a difference too: a condition or a selector that
 * was not rendered switches a policy off for the rest. What is empty or the server's default adds nothing.
 */
function differences(wanted: unknown, found: unknown, path: string): string[] {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found) || found.length !== wanted.length) return [path]
    return wanted.flatMap((item, index) => differences(item, found[index], `${path}[${index}]`))
  }
  if (!isRecord(wanted)) return wanted === found ? [] : [path]
  if (!isRecord(found)) return [path]
  const at = (key: string) => (path === '' ? key : `${path}.${key}`)
  const added = Object.entries(found).filter(
    ([key, value]) => !Object.hasOwn(wanted, key) && !isEmpty(value) && defaults[key] !== value,
  )
  return [
    ...Object.entries(wanted).flatMap(([key, value]) => differences(value, found[key], at(key))),
    ...(path === 'metadata' ? [] : added.filter(([key]) => path !== '' || !kept.includes(key)).map(([key]) => at(key))),
  ]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isRecord(value) && Object.values(value).every(isEmpty)
}
