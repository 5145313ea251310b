// Package URLs (https://github.com/package-url/purl-spec): how scanners of vulnerabilities call a package.

/** `pkg:TYPE/PATH@VERSION?QUALIFIERS`; qualifiers that are undefined are left out, the others are sorted. */
function purl(
  type: string,
  path: string,
  version: string,
  qualifiers: Readonly<Record<string, string | undefined>> = {},
): string {
  const words = Object.entries(qualifiers)
    .flatMap(([name, value]) => (value ? [`${name}=${encode(value).replaceAll('%2F', '/')}`] : []))
    .sort()
  const place = path.split('/').map(encode).join('/')
  return `pkg:${type}/${place}${version ? `@${encode(version)}` : ''}${words.length > 0 ? `?${words.join('&')}` : ''}`
}

/** A Debian package of bookworm. */
export function debPurl(name: string, version: string, architecture: string): string {
  return purl('deb', `debian/${name}`, version, { arch: architecture, distro: 'bookworm' })
}

/** A Go module; the specification wants small letters. */
export function goPurl(module: string, version: string): string {
  return purl('golang', module.toLowerCase(), version)
}

/** An image, or what else stands in a registry: `docker.io/library/nginx:1.27` and its digest. */
export function ociPurl(name: string, digest: string): string {
  const repository = name.replace(/:[^:/]*$/, '')
  const tag = name.slice(repository.length + 1)
  const last = (repository.split('/').at(-1) ?? '').toLowerCase()
  return purl('oci', last, digest, { repository_url: repository, tag })
}

/** A file that has a name and a digest, and perhaps a place. */
export function genericPurl(name: string, version: string, digest: string, url?: string): string {
  return purl('generic', name, version, { checksum: digest, download_url: url })
}

/** As the specification's percent-encoding: also what encodeURIComponent leaves. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
