// Answers of servers, as probes get them.
import type { Answer } from '../../../scripts/verify/judge.ts'

export function answer(status: number, body: unknown = ''): Answer {
  return { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) }
}
export const status = (code: number, message: string) => answer(code, { kind: 'Status', code, message })
export const nothing: Answer = { status: 0, error: 'connect ECONNREFUSED' }
export const where = 'https://10.77.0.11:6443'
