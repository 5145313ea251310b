import { isAbsolute } from 'node:path'
import { fail, RedoubtError } from '../../lib/errors.ts'

/** Something that is asked for: its name, and where the spec names it. */
export interface Asked {
  name: string
  where?: string | undefined
}

/**
 * Does `work` for something that the spec names. What a host says or does not say is thrown with the name and its line: a host alone is
 * nowhere in redoubt.yaml when a mirror or a redirect led there. What is wrong on this machine stays as it is.
 */
export async function naming<T>({ name, where }: Asked, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RedoubtError) || error.code === 'usage' || !error.where) throw error
    if (isAbsolute(error.where) || error.where === where || error.message.startsWith(name)) throw error
    const { code, message, hint } = error
    return fail(code, `${name}: ${error.where}: ${message}`, {
      ...(where ? { where } : {}),
      ...(hint ? { hint } : {}),
      cause: error,
    })
  }
}
