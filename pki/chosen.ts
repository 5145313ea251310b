import type { KeyObject } from 'node:crypto'
import type { ClusterSpec } from '../cluster/spec.ts'
import { fail } from '../lib/errors.ts'
import { type KeyKind, keyKinds, kindOf } from './keys.ts'
import { secretFiles } from './secrets.ts'
import type { Store } from './store.ts'

/**
 * Where `keys/` was made with other keys than spec.pki.keys asks for, what is there and what was expected; undefined where nothing
 * is, or all is as asked. The root and the key of service accounts tell: neither can be made again without a new cluster.
 */
export async function otherKeys(spec: ClusterSpec, store: Store): Promise<string | undefined> {
  const { keys } = spec.spec.pki
  const wanted = keyKinds[keys]
  const root = (await store.certificate('root'))?.publicKey
  const account = await store.privateKey('service-account')
  const other = [
    differing('root', root, wanted.authorities),
    differing(secretFiles['service-account'], account, wanted.leaves),
  ].find((text) => text !== undefined)
  return other && `spec.pki.keys is ${keys}, and these were made with other keys: ${other}`
}

function differing(name: string, key: KeyObject | undefined, wanted: KeyKind): string | undefined {
  if (!key) return undefined
  const kind = kindOf(key) ?? `of another kind (${key.asymmetricKeyType})`
  return kind === wanted ? undefined : `${name} is ${kind}, expected ${wanted}`
}

/** Throws `usage` where `keys/` was made with other keys: nothing is issued, nothing is replaced. */
export async function refuseOtherKeys(spec: ClusterSpec, store: Store): Promise<void> {
  const problem = await otherKeys(spec, store)
  if (problem)
    fail('usage', problem, {
      where: store.path(''),
      hint: 'Keys are chosen once: put spec.pki.keys back, or make a new cluster (move keys/ away, set its nodes up anew).',
    })
}
