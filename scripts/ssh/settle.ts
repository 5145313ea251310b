import { type ErrorCode, fail, RedoubtError } from '../../lib/errors.ts'

/**
 * Runs `work` for all items at once and waits for every one, so that nothing goes on behind an error. One failure is thrown as it
 * is; several become one error that names each.
 */
export async function settleAll<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const settled = await Promise.allSettled(items.map(work))
  const errors = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const own = errors.filter((error) => error instanceof RedoubtError)
  if (errors.length === 1 || own.length < errors.length)
    throw errors.find((e) => !own.includes(e as never)) ?? errors[0]
  if (own.length > 0) {
    const lines = own.map((error) => (error.where ? `${error.where}: ${error.message}` : error.message))
    const hints = [...new Set(own.flatMap((error) => error.hint ?? []))]
    const code: ErrorCode = own.find((error) => error.code !== 'failed')?.code ?? 'failed'
    fail(code, lines.join('\n'), { cause: own[0], ...(hints.length > 0 ? { hint: hints.join('\n  ') } : {}) })
  }
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}
