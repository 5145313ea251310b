import type { KeyObject } from 'node:crypto'
import { fail } from '../lib/errors.ts'
import { openStore } from './store.ts'

/** The Ed25519 key of `keys/` that signs evidence. Throws `usage` when it is not there or is another kind of key. */
export async function loadEvidenceKey(folder: string): Promise<KeyObject> {
  const store = openStore(folder)
  const key = await store.privateKey('evidence')
  const where = store.path('evidence.key')
  if (!key)
    return fail('usage', 'the key that signs evidence is not there', {
      where,
      hint: 'Run `redoubt pki init`: it makes what is missing.',
    })
  if (key.asymmetricKeyType !== 'ed25519')
    fail('usage', `is a key of the kind ${key.asymmetricKeyType}, Ed25519 was expected`, { where })
  return key
}
