import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { errnoOf, fail } from '../../lib/errors.ts'
import { run } from '../../lib/exec.ts'
import { parseJson } from '../../lib/json.ts'
import { addSecret } from '../../lib/redact.ts'

/** What a registry is told of who asks. A token is one of OAuth2's refresh tokens (`identitytoken`). */
export type Credentials = { user: string; password: string } | { token: string }

const entrySchema = v.object({
  auth: v.optional(v.string()),
  username: v.optional(v.string()),
  password: v.optional(v.string()),
  identitytoken: v.optional(v.string()),
})
const schema = v.object({
  auths: v.optional(v.record(v.string(), entrySchema), {}),
  credHelpers: v.optional(v.record(v.string(), v.string()), {}),
  credsStore: v.optional(v.string()),
})
const helperSchema = v.object({ Username: v.string(), Secret: v.string() })

/** Finds the credentials of a registry; undefined when it is asked anonymously. */
export type FindCredentials = (registry: string) => Promise<Credentials | undefined>

/**
 * Credentials as docker, podman and skopeo keep them: `$REGISTRY_AUTH_FILE`, else `$DOCKER_CONFIG/config.json`, else
 * `~/.docker/config.json`, with their credential helpers. Nothing of it is ever stored or printed. Throws `usage` for a broken file.
 */
export function dockerCredentials(env: NodeJS.ProcessEnv, signal: AbortSignal): FindCredentials {
  const file = env.REGISTRY_AUTH_FILE || join(env.DOCKER_CONFIG || join(homedir(), '.docker'), 'config.json')
  let config: Promise<v.InferOutput<typeof schema>> | undefined
  return async (registry) => {
    config ??= readConfig(file)
    const { auths, credHelpers, credsStore } = await config
    const keys = keysOf(registry)
    const helper = keys.map((key) => credHelpers[key]).find(Boolean) ?? credsStore
    const stored = helper ? await askHelper(helper, keys, signal) : undefined
    return stored ?? keys.flatMap((key) => (auths[key] ? [credentialsOf(auths[key], file)] : [])).find(Boolean)
  }
}

/** The names under which a registry may be found: Docker Hub has an old one. */
function keysOf(registry: string): string[] {
  const hub = ['https://index.docker.io/v1/', 'index.docker.io']
  return [registry, `https://${registry}`, `http://${registry}`, ...(registry === 'docker.io' ? hub : [])]
}

async function readConfig(file: string): Promise<v.InferOutput<typeof schema>> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return { auths: {}, credHelpers: {} }
    return fail('usage', 'cannot be read', { where: file, cause: error })
  }
  try {
    return v.parse(schema, JSON.parse(text))
  } catch {
    // Without the cause: a parser's error quotes what it read, and secrets are in it.
    return fail('usage', 'is no docker configuration', {
      where: file,
      hint: 'Run `docker login` or `skopeo login` again.',
    })
  }
}

function credentialsOf(entry: v.InferOutput<typeof entrySchema>, file: string): Credentials | undefined {
  if (entry.identitytoken) {
    addSecret(entry.identitytoken)
    return { token: entry.identitytoken }
  }
  if (entry.auth) {
    addSecret(entry.auth)
    const [, user, password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(entry.auth, 'base64').toString('utf8')) ?? []
    if (user === undefined || password === undefined)
      return fail('usage', 'holds an `auth` that is not USER:PASSWORD in base64', { where: file })
    return known(user, password.replace(/\0+$/, ''))
  }
  return entry.username && entry.password ? known(entry.username, entry.password) : undefined
}

/** `docker-credential-NAME get`: a registry on stdin, JSON on stdout; exit 1 when it has none (docker-credential-helpers). */
async function askHelper(name: string, keys: readonly string[], signal: AbortSignal): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(name)) return fail('usage', `${JSON.stringify(name)} is no name of a credential helper`)
  for (const key of keys) {
    const hint = `${name} is named in docker's configuration as the helper that keeps passwords.`
    const { stdout } = await run([`docker-credential-${name}`, 'get'], { input: key, signal, accept: [1], hint })
    const found = v.safeParse(helperSchema, parseJson(stdout))
    if (!found.success) continue
    const { Username, Secret } = found.output
    if (Username !== '<token>') return known(Username, Secret)
    addSecret(Secret)
    return { token: Secret }
  }
  return undefined
}

function known(user: string, password: string): Credentials {
  addSecret(password)
  addSecret(`${user}:${password}`)
  addSecret(Buffer.from(`${user}:${password}`).toString('base64'))
  return { user, password }
}
