/** Kubernetes versions that the catalogue carries, one of each minor, the newest first: it is what `init` writes. */
export const supportedVersions = ['v1.36.3', 'v1.35.4', 'v1.34.4'] as const
export type KubernetesVersion = (typeof supportedVersions)[number]

/** `1.36` of `v1.36.3`: flags, fields and feature gates change from minor to minor. Throws for what is no such version. */
export function minorOf(version: string): string {
  const minor = /^v(\d+\.\d+)\.\d+$/.exec(version)?.[1]
  if (minor === undefined) throw new Error(`${version} is no version like v1.36.3`)
  return minor
}

/** True when minor `1.35` is not before `since`. By number: 1.10 comes after 1.9. Throws for what is no minor. */
export function isAtLeast(minor: string, since: string): boolean {
  const [major, number] = numbersOf(minor)
  const [sinceMajor, sinceNumber] = numbersOf(since)
  return major === sinceMajor ? number >= sinceNumber : major > sinceMajor
}

function numbersOf(minor: string): [number, number] {
  const found = /^(\d+)\.(\d+)$/.exec(minor)
  if (!found) throw new Error(`${minor} is no minor version like 1.36`)
  return [Number(found[1]), Number(found[2])]
}
