import { type KubeObject, objectName, objectPath } from '../../../cluster/objects.ts'
import { messageOf } from '../../../lib/errors.ts'
import { type Check, check, oneLine } from '../probe.ts'

/** Reads an object of the API server by its path: undefined when it has none. Throws when that cannot be told. */
export type ReadObject = (path: string) => Promise<unknown>

/** Whether the API server holds each object with everything that was rendered; what it adds itself does not matter. */
export function judgeObjects(where: string, objects: readonly KubeObject[], read: ReadObject): Promise<Check[]> {
  return Promise.all(
    objects.map(async (object) => {
      const [sent, expected] = [objectName(object), 'as rendered']
      try {
        const found = await read(objectPath(object))
        if (found === undefined) return check('fail', where, sent, expected, 'no such object')
        const lacking = missingFrom(object, found, '')
        return check(
          lacking.length === 0 ? 'pass' : 'fail',
          where,
          sent,
          expected,
          lacking.length === 0 ? 'as rendered' : oneLine(`differs at ${lacking.slice(0, 5).join(', ')}`),
        )
      } catch (error) {
        return check('unknown', where, sent, expected, messageOf(error))
      }
    }),
  )
}

/** The dotted paths at which `found` does not hold what `wanted` says. Lists must be equal in length: an added item is a change. */
function missingFrom(wanted: unknown, found: unknown, path: string): string[] {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found) || found.length !== wanted.length) return [path]
    return wanted.flatMap((item, index) => missingFrom(item, found[index], `${path}[${index}]`))
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof found !== 'object' || found === null) return [path]
    return Object.entries(wanted).flatMap(([key, value]) =>
      missingFrom(value, (found as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`),
    )
  }
  return wanted === found ? [] : [path]
}
