import { fail } from '../../lib/errors.ts'

/** An image as a registry knows it. */
export interface Reference {
  /** `registry.example.org:5000`, as the user names it; Docker Hub is `docker.io`. */
  registry: string
  /** `library/nginx` */
  repository: string
  tag?: string
  /** `sha256:HEX` */
  digest?: string
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const host =
  '(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::[0-9]{1,5})?'
const grammar = new RegExp(
  `^(?<name>${host}(?:/${component})+|${component}(?:/${component})*)(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
)

/**
 * Reads an image's name as docker does: without a registry it is Docker Hub's, there without a folder it is `library/`'s, and without
 * tag and digest the tag is `latest`. Source: distribution/reference, its grammar. Throws `usage`, at `where`.
 */
export function parseReference(text: string, where?: string): Reference {
  const { name, tag, digest } = (text.length <= 512 && grammar.exec(text)?.groups) || {}
  if (!name)
    fail('usage', `${JSON.stringify(text.slice(0, 200))} is no image name`, {
      ...(where ? { where } : {}),
      hint: 'Expected REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:DIGEST, the repository in lower case.',
    })
  const { registry, repository } = splitName(name)
  const version = { ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) }
  return { registry, repository, ...(tag || digest ? version : { tag: 'latest' }) }
}

/** The first part is a host when it has a dot or a port, or is `localhost`: `a/b` is a repository of Docker Hub. */
function splitName(name: string): { registry: string; repository: string } {
  const [first = '', ...rest] = name.split('/')
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const registry = isHost ? first : 'docker.io'
  const path = isHost ? rest.join('/') : name
  if (registry !== 'docker.io' && registry !== 'index.docker.io') return { registry, repository: path }
  return { registry: 'docker.io', repository: path.includes('/') ? path : `library/${path}` }
}

/** `docker.io/library/nginx:1.27@sha256:...`: whole, as containerd names images. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`
}
