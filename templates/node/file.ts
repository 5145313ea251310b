import type { NodeFile, RestartTarget } from '../../cluster/files.ts'
import type { SecretReference } from '../../pki/public.ts'

interface Options {
  mode?: number
  restarts?: RestartTarget[]
}

/** A text file of root; readable by root alone unless `mode` says otherwise. */
export function textFile(path: string, text: string, { mode = 0o600, restarts = [] }: Options = {}): NodeFile {
  return { path, mode, owner: 'root:root', content: { kind: 'text', text }, restarts, manage: 'always' }
}

/** A file of `keys/`, for root alone. */
export function secretFile(path: string, secret: SecretReference, { restarts = [] }: Options = {}): NodeFile {
  const { ref, sha256, size } = secret
  return {
    path,
    mode: 0o600,
    owner: 'root:root',
    content: { kind: 'secret', ref, sha256, size },
    restarts,
    manage: 'always',
  }
}

/** A program: a blob of the bundle. */
export function programFile(
  path: string,
  blob: { digest: string; size: number },
  { restarts = [] }: Options = {},
): NodeFile {
  return { path, mode: 0o755, owner: 'root:root', content: { kind: 'blob', ...blob }, restarts, manage: 'always' }
}
