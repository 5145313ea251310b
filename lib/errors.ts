/** What an error means for whoever called us. Each has one exit code, see exitCodes. */
export type ErrorCode = 'failed' | 'usage' | 'verification' | 'integrity' | 'internal' | 'interrupted'

/** Process exit codes, as README states them. */
export const exitCodes: Record<ErrorCode, number> = {
  failed: 1,
  usage: 2,
  verification: 3,
  integrity: 4,
  internal: 70,
  interrupted: 130,
}

export interface ErrorDetails {
  /** What to do next, one sentence, imperative. */
  hint?: string
  /** Where it is: `redoubt.yaml:12:3`, a path, or a node's name. */
  where?: string
  cause?: unknown
}

/** The only error that a user is meant to see. Anything else that reaches main() is our defect (exit 70). */
export class RedoubtError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly where: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause })
    this.name = 'RedoubtError'
    this.code = code
    this.hint = details.hint
    this.where = details.where
  }
}

/** Throws a RedoubtError. `return fail(...)` keeps the compiler's flow analysis exact. */
export function fail(code: ErrorCode, message: string, details: ErrorDetails = {}): never {
  throw new RedoubtError(code, message, details)
}

/** The message of anything thrown, on one line where it has one. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  if (error instanceof Error) return error.message
  return String(error)
}

/** The errno code (`ENOENT`, `ENOSPC`, ...) of a system error, if it is one. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Whether an error of ours says that there is no such file. */
export function isAbsent(error: unknown): boolean {
  return error instanceof RedoubtError && errnoOf(error.cause) === 'ENOENT'
}

/** Text for the terminal: what, where, what next; the causes too when debugging. */
export function describeError(error: unknown, debug: boolean): string {
  if (!(error instanceof RedoubtError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return debug
      ? stack
      : `internal error: ${messageOf(error)}\n  this is a defect of redoubt; run again with --debug for the stack`
  }
  const lines = [error.where ? `${error.where}: ${error.message}` : error.message]
  if (error.hint) lines.push(`  ${error.hint}`)
  if (debug) {
    if (error.stack) lines.push(error.stack)
    if (error.cause) lines.push(`caused by: ${error.cause instanceof Error ? error.cause.stack : String(error.cause)}`)
  }
  return lines.join('\n')
}
