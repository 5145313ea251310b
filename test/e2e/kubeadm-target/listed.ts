import type { ConfigurableName } from '../../../cluster/components.ts'
import { ofManifests } from '../../../templates/kubeadm/differences.ts'

/** Throws unless a component's static pod differs from ours in exactly the places that are listed. `among`: only these places are looked at. */
export function expectListed(
  name: ConfigurableName,
  found: readonly string[],
  among: (place: string) => boolean = () => true,
): void {
  const listed = ofManifests
    .filter(({ component }) => component === name || component === '*')
    .map(({ place }) => place)
    .filter(among)
  const unlisted = found.filter((place) => among(place) && !listed.includes(place))
  const missing = listed.filter((place) => !found.includes(place))
  if (unlisted.length + missing.length > 0)
    throw new Error(`not listed: ${unlisted.join(', ')}; listed and not there: ${missing.join(', ')}`)
}
